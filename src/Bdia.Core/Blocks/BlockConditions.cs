using Bdia.Core.Reversible;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// What the conditions of a stack are to its blocks. With cross-attention: the memory (B, S, D), and a mask (B, S) of which of it is real.
/// Without: nothing, or a mask (B, N) of which tokens are real. Masks are boolean, true for what may be attended to.
/// </summary>
internal static class BlockConditions
{
    /// <exception cref="ArgumentException">There are not as many conditions as the block needs.</exception>
    public static void Check(TransformerBlockOptions options, ResidualContext context)
    {
        if (options.CrossAttention && context.Conditions.Count != 2)
            throw new ArgumentException($"A decoder block was given {context.Conditions.Count} conditions; give two: the memory (B, S, "
                + "D) and its mask (B, S).", nameof(context));
    }

    /// <summary>Which of the tokens (B, N, D) may be attended to, (B, N); null for all.</summary>
    /// <exception cref="ArgumentException">The condition is no mask of them.</exception>
    public static Tensor? TokenMask(TransformerBlockOptions options, ResidualContext context, Tensor tokens)
        => options.CrossAttention || context.Conditions.Count == 0 ? null : Checked(context.Conditions[0], tokens);

    /// <summary>The memory, and which of it may be attended to.</summary>
    /// <exception cref="ArgumentException">The mask is none of the memory.</exception>
    public static (Tensor Memory, Tensor Mask) Memory(ResidualContext context)
        => (context.Conditions[0], Checked(context.Conditions[1], context.Conditions[0]));

    /// <summary>A mask (B, N) as attention takes it: (B, 1, 1, N).</summary>
    public static Tensor KeyMask(Tensor mask) => mask.view(mask.shape[0], 1, 1, mask.shape[1]);

    // A mask, if it is one of tokens (B, N, D).
    private static Tensor Checked(Tensor mask, Tensor tokens)
    {
        if (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual(tokens.shape.AsSpan(0, 2)))
            throw new ArgumentException($"A mask is {mask.dtype} of shape ({string.Join(", ", mask.shape)}); it must be Bool of shape "
                + $"({tokens.shape[0]}, {tokens.shape[1]}), true for real tokens.", nameof(mask));
        return mask;
    }
}
