namespace Bdia.Core.Blocks;

/// <summary>Bytes of one block's evaluation and backward pass: what <see cref="BlockPass"/> rents, and what its branches do.</summary>
/// <param name="Kept">From the evaluation to the backward pass; the block's input is not counted.</param>
/// <param name="Peak">All that is rented for the block, kept or not: tensors of one size and type take one another's place, others do
/// not.</param>
/// <param name="Weights">The most that products need of weights in another number format, and of gradients by them, at one time.</param>
internal readonly record struct BlockMemory(long Kept, long Peak, long Weights)
{
    /// <summary>Of a block.</summary>
    /// <param name="sizes">
    /// Of the block and its tokens. Of a last one of which the first tokens alone are wanted, no more than what is kept is counted: it
    /// never takes more than the block before it.
    /// </param>
    public static BlockMemory Of(BlockSizes sizes)
    {
        var (of, branches) = (sizes.Wanted, SublayerKind.Of(sizes.Options).Select(kind => kind.Memory(sizes)).ToArray());
        // The sums that norms behind the first one read.
        var kept = (branches.Length - 1) * of.State + branches.Sum(branch => branch.Kept);
        if (sizes.Leading is not null) return new(kept, kept, of.Weights);
        // The gradient by h, the sum of gradients by what branches read, and a copy of the first for a branch that is neither the first nor
        // the last; h takes the place of one. In bfloat16 also what is before or behind a product, and its copy.
        var passing = (branches.Length > 2 ? 3 : 2) * of.State + (of.IsHalf ? 2 * of.Features : 0);
        return new(kept, kept + passing + branches.Sum(branch => branch.Passing) + of.Masks + of.Operands(attention: 3), of.Weights);
    }
}
