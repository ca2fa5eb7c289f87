namespace Bdia.Core.Reversible;

/// <summary>What a <see cref="ReversibilityProbe"/> found.</summary>
/// <param name="Elements">Elements rebuilt and compared.</param>
/// <param name="DifferingElements">Elements with other bits than they had; 0 when the stack is exactly reversible.</param>
/// <param name="DifferingBlocks">Blocks, from 0, whose residual did not repeat itself, in rising order.</param>
public sealed record ReversibilityReport(long Elements, long DifferingElements, IReadOnlyList<int> DifferingBlocks)
{
    /// <summary>True when every bit was rebuilt.</summary>
    public bool IsExact => DifferingBlocks.Count == 0;

    /// <summary>The first block whose residual did not repeat itself; null when there is none.</summary>
    public int? FirstDifferingBlock => DifferingBlocks.Count == 0 ? null : DifferingBlocks[0];
}
