using System.Diagnostics;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Benchmarks.Data;

/// <summary>
/// A task, and a watch on when the training thread has nothing to do: from the report of a step or an epoch to the next loss.
/// </summary>
/// <param name="task">What is trained.</param>
/// <param name="skippedEpochs">Epochs that do not count, the first ones.</param>
internal sealed class WatchedTask<TBatch>(ITrainingTask<TBatch> task, int skippedEpochs)
    : ITrainingTask<TBatch>, IProgress<TrainingProgress>
{
    private readonly Stopwatch watch = new();
    private double reported;
    private bool isCounted;

    public double WaitSeconds { get; private set; }

    /// <summary>From the end of the last epoch that does not count to the end of the run.</summary>
    public double Seconds { get; private set; }

    public long Steps { get; private set; }

    public torch.nn.Module Module => task.Module;

    public TrainingClock Clock => task.Clock;

    public IReadOnlyCollection<string> WithoutDecay => task.WithoutDecay;

    public IReadOnlyDictionary<string, string> Identity => task.Identity;

    public bool HasValidation => task.HasValidation;

    public ReversibilityException? BackwardFault => task.BackwardFault;

    public long SideInformationBytes => task.SideInformationBytes;

    public BatchLoss Loss(TBatch batch)
    {
        if (isCounted)
        {
            WaitSeconds += watch.Elapsed.TotalSeconds - reported;
            Steps++;
        }

        return task.Loss(batch);
    }

    public ValidationResult? Validate(int epoch, StopSignal stop) => task.Validate(epoch, stop);

    public void Report(TrainingProgress value)
    {
        if (value.CompletedEpoch?.Epoch == skippedEpochs)
        {
            isCounted = true;
            watch.Start();
        }

        reported = Seconds = watch.Elapsed.TotalSeconds;
    }
}
