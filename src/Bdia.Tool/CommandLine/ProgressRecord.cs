using Bdia.Core.Training;

namespace Bdia.Tool.CommandLine;

/// <summary>What the trainer reported, kept for learning curves.</summary>
internal sealed class ProgressRecord : IProgress<TrainingProgress>
{
    private readonly List<(double Epoch, double Loss)> steps = [];

    /// <summary>Loss of every step against the epoch, 1.5 being half-way through the second.</summary>
    public IReadOnlyList<(double Epoch, double Loss)> Steps => steps;

    public void Report(TrainingProgress value)
    {
        if (value.CompletedEpoch is null)
            steps.Add((value.Epoch - 1 + ((double)value.StepInEpoch / value.StepsPerEpoch), value.Loss));
    }
}
