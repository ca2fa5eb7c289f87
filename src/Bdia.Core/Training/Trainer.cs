using System.Runtime.InteropServices;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Trains whatever an <see cref="ITrainingTask{TBatch}"/> describes, on whatever an <see cref="IBatchSource{TBatch}"/> gives:
/// AdamW, schedule, clipping, accumulation, validation, early stopping, best weights, checkpoints. It knows no model.
/// </summary>
/// <remarks>
/// Everything random derives from the seed and from where training stands, so a run that was killed and resumed ends with
/// the same bits as one that was not, on the same machine; on Linux with any number of threads, where batches have 16 rows or more.
/// </remarks>
/// <typeparam name="TBatch">What the source gives and the task takes.</typeparam>
/// <param name="options">How to train.</param>
public sealed class Trainer<TBatch>(TrainingOptions options)
{
    /// <summary>
    /// Epochs whose weights are averaged at the end of a run, 1..100; 1 = none. Default 1. Memory and checkpoints hold the weights of so
    /// many epochs.
    /// </summary>
    /// <remarks>
    /// With fewer epochs done, it is the mean of those. Where there is validation, the mean is validated, and is the model only if it is
    /// better than the best epoch; without, it is the model. A run that was cancelled is not averaged; one that ran out of time is, and
    /// takes the time of one validation more.
    /// </remarks>
    public int AverageEpochs { get; init; } = 1;

    /// <summary>Which epochs these are. Default the last.</summary>
    public WeightAverage AverageOf { get; init; }

    /// <summary>What tells the time.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Trains until the epochs are done or a reason to stop comes up. The module ends in evaluation mode with the best weights, or the last
    /// ones where nothing was validated.
    /// </summary>
    /// <param name="task">The module and its loss.</param>
    /// <param name="source">The batches.</param>
    /// <param name="progress">Called on this thread after every step and every epoch. What it throws ends the run and reaches the
    /// caller.</param>
    /// <param name="notes">Told where a run goes on that <see cref="TrainingOptions.Resume"/> asks for.</param>
    /// <param name="stopProbe">Asked between batches; true ends the run as cancellation does.</param>
    /// <param name="cancellation">Ends the run within a batch; the result is returned all the same, once a step was done.</param>
    /// <returns>How the run went.</returns>
    /// <remarks>
    /// Also where an exception ends the run, the module has the best weights so far, or those of the last whole epoch where none was
    /// validated; <see cref="TrainingFault.BestModel"/> of the exception then gives the <see cref="TrainingResult"/>. Before the first
    /// epoch has ended, it has the last weights.
    /// </remarks>
    /// <exception cref="ArgumentException">Options are out of range, or the module was made within
    /// <c>torch.inference_mode()</c>.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped before the first step was done, so that there is nothing to return;
    /// or while the best weights of a checkpoint were judged on other validation data.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="CheckpointException">The checkpoint folder cannot be used or resumed, or a checkpoint not written.</exception>
    /// <exception cref="Reversible.ReversibilityException">A reversible stack has left the range in which it is exact.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public TrainingResult Run(
        ITrainingTask<TBatch> task, IBatchSource<TBatch> source,
        IProgress<TrainingProgress>? progress = null, IProgress<TrainingNote>? notes = null, Func<bool>? stopProbe = null,
            CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(source);
        options.Validate();
        if (options.EarlyStoppingPatience > 0 && !task.HasValidation)
            throw new ArgumentException($"EarlyStoppingPatience is {options.EarlyStoppingPatience}, but there is nothing to validate "
                + "on. Give validation data, or set it to 0.");

        if (AutomaticGamma.IsIn(task.Module) && !task.HasValidation)
            throw new ArgumentException($"Gamma is {GammaSchedule.Automatic}, but there is nothing to validate on, by which it could "
                + "choose. Give validation data, or a weight such as 5 (±2^-5).");

        if (AverageEpochs is not (>= 1 and <= 100)) throw new ArgumentException($"AverageEpochs is {AverageEpochs}; it must be 1..100.");
        if (AverageEpochs > 1 && AverageOf == WeightAverage.Best && !task.HasValidation)
            throw new ArgumentException($"AverageOf is {WeightAverage.Best}, but there is nothing to validate on. Give validation data, "
                + $"or set it to {WeightAverage.Last}.");

        return (options.Distributed?.Ranks ?? RankGroup.Alone).Guard(
            () => RunOnRank(task, source, progress, notes, stopProbe, cancellation));
    }

    private TrainingResult RunOnRank(ITrainingTask<TBatch> task, IBatchSource<TBatch> source, IProgress<TrainingProgress>? progress,
        IProgress<TrainingNote>? notes, Func<bool>? stopProbe, CancellationToken cancellation)
    {
        // Whatever mode the caller is in. This switches gradients on as well.
        using var mode = inference_mode(false);
        RequireTrainable(task.Module);
        using var run = new TrainingRun<TBatch>(options, AverageEpochs, AverageOf, Time, task, source, progress, notes, stopProbe,
            cancellation);
        return run.Run();
    }

    private static void RequireTrainable(nn.Module module)
    {
        foreach (var (name, parameter) in module.named_parameters())
        {
            try
            {
                TensorMemory.NoteWrite(parameter);
            }
            catch (ExternalException e)
            {
                throw new ArgumentException(
                    $"Parameter {name} cannot be written to, as training does. Was the module made within torch.inference_mode()? Make "
                        + "it outside.", e);
            }
        }
    }
}
