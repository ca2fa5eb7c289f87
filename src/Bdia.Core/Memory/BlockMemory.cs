using Bdia.Core.Layers;

namespace Bdia.Core.Memory;

/// <summary>
/// Bytes of one block's evaluation and backward pass, derived from its layers: the one place that follows when a layer comes to keep something else.
/// </summary>
/// <param name="Kept">What autograd keeps from the evaluation to the backward pass; the block's input is not counted.</param>
/// <param name="Forward">The most that is alive at the end of the evaluation, what is kept and the result included.</param>
/// <param name="Backward">The most that is alive within the backward pass, what is still kept, the result and its gradient included.</param>
internal readonly record struct BlockMemory(long Kept, long Forward, long Backward)
{
    private const long Single = sizeof(float), Half = 2;

    /// <summary>The most that is alive at any moment.</summary>
    public long Peak => Math.Max(Forward, Backward);

    /// <summary>Of a <see cref="TransformerBlock"/>.</summary>
    /// <param name="options">Of the block.</param>
    /// <param name="rows">B.</param>
    /// <param name="tokens">N.</param>
    public static BlockMemory Encoder(TransformerBlockOptions options, long rows, long tokens)
        => Sum(options, rows * tokens * options.Width * Single, SelfAttention(options, rows, tokens), FeedForward(options, rows, tokens));

    /// <summary>Of a <see cref="DecoderBlock"/>.</summary>
    /// <param name="options">Of the block.</param>
    /// <param name="rows">B.</param>
    /// <param name="tokens">Of the targets.</param>
    /// <param name="memoryTokens">Of the sources.</param>
    public static BlockMemory Decoder(TransformerBlockOptions options, long rows, long tokens, long memoryTokens)
        => Sum(options, rows * tokens * options.Width * Single,
            SelfAttention(options, rows, tokens), CrossAttention(options, rows, tokens, memoryTokens), FeedForward(options, rows, tokens));

    /// <summary>
    /// A branch behind its norm. Kept: until its backward pass. Passing: alive until the block's evaluation is over, since its scope ends there. Backward: gradients
    /// within its backward pass, beside what is kept.
    /// </summary>
    private readonly record struct Branch(long Kept, long Passing, long Backward);

    // The branches are evaluated in order and differentiated in reverse: in the backward pass of one, those behind it are gone.
    private static BlockMemory Sum(TransformerBlockOptions options, long state, params ReadOnlySpan<Branch> branches)
    {
        var (kept, passing, backward) = (0L, 0L, 0L);
        for (var i = 0; i < branches.Length; i++)
        {
            // Dropout keeps its mask, and lets both what it was given and what it makes pass.
            var masks = options.Dropout > 0 ? state : 0;
            kept += branches[i].Kept + masks + (i > 0 ? state : 0); // the sum that a later branch's norm reads
            passing += branches[i].Passing + state + masks + (options.StochasticDepth > 0 ? state : 0);
            var gathered = i < branches.Length - 1 ? state : 0;     // the gradient by x, from the branches behind
            backward = Math.Max(backward, kept + branches[i].Backward + gathered);
        }

        var resultAndGradient = 2 * state;
        return new(kept, kept + passing + state, backward + resultAndGradient);
    }

    // libtorch's layer normalisation keeps its input, counted elsewhere, and two numbers a token. The product behind it keeps the output, in bf16 a copy of it.
    private static Branch Norm(TransformerBlockOptions o, long rows, long tokens)
        => new(rows * tokens * (o.Width * Element(o) + 2 * Single), Cast(o, rows * tokens * o.Width * Single), 0);

    private static Branch SelfAttention(TransformerBlockOptions o, long rows, long tokens)
    {
        var (norm, feature, all) = (Norm(o, rows, tokens), rows * tokens * o.Width * Element(o), WeightCopies(o, 4L * o.Width * o.Width));
        var core = Core(o, rows, tokens, tokens);
        return new(
            norm.Kept + 3 * feature + feature + core.Kept + all,                      // query, key and value; what was gathered
            norm.Passing + core.Passing + Cast(o, feature),
            feature + 3 * feature + core.Backward + WeightGradient(o, 3L * o.Width * o.Width)); // by what was gathered; by query, key and value
    }

    private static Branch CrossAttention(TransformerBlockOptions o, long rows, long tokens, long memoryTokens)
    {
        var (norm, feature, memory) = (Norm(o, rows, tokens), rows * tokens * o.Width * Element(o), rows * memoryTokens * o.Width * Element(o));
        var (core, all) = (Core(o, rows, tokens, memoryTokens), WeightCopies(o, 4L * o.Width * o.Width));
        return new(
            norm.Kept + 2 * feature + 2 * memory + core.Kept + all + Cast(o, memory), // query and what was gathered; key and value; the memory in bf16
            norm.Passing + core.Passing + Cast(o, feature),
            2 * feature + 2 * memory + core.Backward + WeightGradient(o, 2L * o.Width * o.Width));
    }

    // The fused float32 kernel keeps one number a query and head. In bf16 the weights are written down: copies of query, key and value by head take the place of the
    // product, besides a scaled query and the weights themselves. What else it makes is gone before the next branch.
    private static Branch Core(TransformerBlockOptions o, long rows, long tokens, long keys)
    {
        if (o.Precision == ComputePrecision.Float32) return new(rows * tokens * o.Heads * Single, 0, 0);
        var (feature, weights) = (rows * tokens * o.Width * Half, rows * o.Heads * tokens * keys * Half);
        return new(feature + weights, 0, 2 * weights);
    }

    private static Branch FeedForward(TransformerBlockOptions o, long rows, long tokens)
    {
        var (norm, feature, hidden) = (Norm(o, rows, tokens), rows * tokens * o.Width * Element(o), rows * tokens * o.FeedForwardWidth * Element(o));
        var weights = (long)o.Width * o.FeedForwardWidth;
        return new(
            norm.Kept + 2 * hidden + WeightCopies(o, 2 * weights),  // before and behind the activation function
            norm.Passing + Cast(o, feature),
            hidden + Cast(o, feature) + WeightGradient(o, weights)); // by the one, then by the other, when the first is no longer kept
    }

    // The result of a product in bf16 is cast to float32 and lives on beside it, likewise what is cast to bf16 for it.
    private static long Cast(TransformerBlockOptions o, long bytes) => o.Precision == ComputePrecision.BFloat16 ? bytes : 0;

    private static long WeightCopies(TransformerBlockOptions o, long weights) => Cast(o, weights * Half);

    private static long WeightGradient(TransformerBlockOptions o, long weights) => weights * Single + Cast(o, weights * Half);

    private static long Element(TransformerBlockOptions o) => o.Precision == ComputePrecision.BFloat16 ? Half : Single;
}
