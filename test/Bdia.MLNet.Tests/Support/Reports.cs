using Bdia.Core.Training;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Keeps every report of a run, and may do something on each.</summary>
internal sealed class Reports(Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
{
    public List<TrainingProgress> All { get; } = [];

    public void Report(TrainingProgress value)
    {
        All.Add(value);
        then?.Invoke(value);
    }
}
