namespace Bdia.Core.SequenceToSequence;

/// <summary>Numbers of some of the rows of a batch, or of all.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Batch">All rows of the batch, whose longest texts say how far those of a part are padded in training, so that a row draws
/// its dropout as in the whole.</param>
internal readonly record struct BatchPart(ArraySegment<int> Rows, ArraySegment<int> Batch);
