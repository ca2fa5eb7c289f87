namespace Bdia.Core.Blocks;

/// <summary>Bytes that a branch rents.</summary>
/// <param name="Kept">From the evaluation to the backward pass; its input is not counted.</param>
/// <param name="Passing">Besides, of tokens other than its own.</param>
internal readonly record struct BranchMemory(long Kept, long Passing = 0);
