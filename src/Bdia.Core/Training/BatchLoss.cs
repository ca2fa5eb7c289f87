using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The loss of one batch.</summary>
/// <param name="Loss">Mean loss of the batch, a scalar with its graph.</param>
/// <param name="Weight">What the mean was taken over, above 0: number of rows or tokens, or the sum of their weights. Decides how much the
/// batch counts among several.</param>
/// <param name="Items">Rows or tokens of the batch, for throughput and accuracy.</param>
/// <param name="Correct">How many of them the model got right; null where that is not known.</param>
/// <param name="Rows">
/// First dimension of what the model was given, where a step gathers several batches: the rows of the next one draw their randomness by
/// their numbers in the step, behind these (<see cref="Reversible.TrainingClock.FirstRow"/>). Null where items are rows.
/// </param>
public readonly record struct BatchLoss(Tensor Loss, double Weight, long Items, long? Correct = null, long? Rows = null);
