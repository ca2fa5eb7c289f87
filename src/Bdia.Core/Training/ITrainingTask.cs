using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>What the trainer needs to know of a model and its purpose: the loss of a batch, and how to validate.</summary>
/// <typeparam name="TBatch">What the batch source gives.</typeparam>
public interface ITrainingTask<TBatch>
{
    /// <summary>The module whose parameters are trained.</summary>
    nn.Module Module { get; }

    /// <summary>The clock that the module's layers read; the trainer moves it.</summary>
    TrainingClock Clock { get; }

    /// <summary>
    /// Names of parameters that weight decay must not touch although they have more than one dimension (position
    /// embeddings, say). Biases and norms, which have one, need not be named.
    /// </summary>
    IReadOnlyCollection<string> WithoutDecay { get; }

    /// <summary>What the learning rate of a parameter is multiplied by, of its name, above 0. Default 1.</summary>
    double RateScale(string parameter) => 1;

    /// <summary>
    /// What a checkpoint must have been written with to be resumed here: model options, size of the data and the like,
    /// name to value. The trainer adds its own options.
    /// </summary>
    IReadOnlyDictionary<string, string> Identity { get; }

    /// <summary>
    /// Names in <see cref="Identity"/> ("Options.Dropout") or of whole groups of them ("Options.Decoding") that may be others than in the
    /// checkpoint, since the steps to come alone depend on them. Default none.
    /// </summary>
    IReadOnlyCollection<string> Adjustable => [];

    /// <summary>
    /// Names as in <see cref="Adjustable"/> that decide what <see cref="Validate"/> finds: where one has changed, the best weights so far
    /// are judged anew. Default none.
    /// </summary>
    IReadOnlyCollection<string> Judgement => [];

    /// <summary>Whether <see cref="Validate"/> has data to validate on.</summary>
    bool HasValidation { get; }

    /// <summary>Why the last backward pass failed, where the module knows; null otherwise.</summary>
    ReversibilityException? BackwardFault { get; }

    /// <summary>
    /// The stacks that the optimizer may serve within the backward pass, where <see cref="TrainingOptions.OptimizerInBackward"/> is set.
    /// Default none, and then it must not be.
    /// </summary>
    IReadOnlyList<BdiaStack> Stacks => [];

    /// <summary>Side information of the last training forward pass, in bytes.</summary>
    long SideInformationBytes { get; }

    /// <summary>The loss of a batch. The module is in training mode, gradients are on, and a dispose scope is open.</summary>
    /// <remarks>
    /// With <see cref="TrainingOptions.OptimizerInBackward"/> and clipping it is asked for twice, with the same clock, and must be the
    /// same.
    /// </remarks>
    /// <param name="batch">The batch; the trainer disposes it.</param>
    /// <returns>The loss with its graph, and what to count.</returns>
    BatchLoss Loss(TBatch batch);

    /// <summary>Judges the module on all validation data. It is in evaluation mode, and gradients are off.</summary>
    /// <param name="epoch">The epoch that has just ended, 1 for the first.</param>
    /// <param name="stop">To be asked between batches.</param>
    /// <returns>The figures over all rows; null where this epoch is not to be validated.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    ValidationResult? Validate(int epoch, StopSignal stop);

    /// <summary>
    /// Judges averaged weights at the end of a run, as <see cref="Validate"/> judges an epoch's; every figure that the best model may be
    /// chosen by is wanted.
    /// </summary>
    /// <param name="epoch">The last epoch that has ended, 1 for the first.</param>
    /// <param name="stop">To be asked between batches.</param>
    /// <returns>The figures over all rows.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    ValidationResult? ValidateAverage(int epoch, StopSignal stop) => Validate(epoch, stop);
}
