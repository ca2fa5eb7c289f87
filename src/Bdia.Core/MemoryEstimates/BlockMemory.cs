using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;

namespace Bdia.Core.MemoryEstimates;

/// <summary>
/// Bytes of one block's evaluation and backward pass, derived from what its branches rent: the one place that follows when a branch comes to keep something else.
/// </summary>
/// <param name="Kept">What the branches keep from the evaluation to the backward pass; the block's input is not counted.</param>
/// <param name="Peak">All that is rented for the block, kept or not: tensors of one size and type take one another's place, others do not.</param>
/// <param name="Weights">The most that products need of weights in another number format, and of gradients by them, at one time.</param>
internal readonly record struct BlockMemory(long Kept, long Peak, long Weights)
{
    private const long Single = sizeof(float), Half = 2;

    /// <summary>Of a <see cref="TransformerBlock"/>.</summary>
    /// <param name="options">Of the block.</param>
    /// <param name="rows">B.</param>
    /// <param name="tokens">N.</param>
    public static BlockMemory Encoder(TransformerBlockOptions options, long rows, long tokens)
    {
        var of = new Sizes(options, rows, tokens);
        // The sum that the second norm reads; what was gathered; query, key and value; before and behind the activation.
        var kept = of.State + of.Features + of.Attention + of.FeedForward;
        // Besides, h and then its gradient, and what is before or behind a product; in bfloat16 also the sum of gradients, and its copy for products.
        var passing = of.IsHalf ? 2 * of.State + 2 * of.Features : 2 * of.State;
        return new(kept, kept + passing + of.Masks + of.Operands(3 * of.Width), of.Weights);
    }

    /// <summary>Of a last <see cref="TransformerBlock"/> of which the first tokens alone are wanted. It never takes more than the block before it, which is why its peak is not counted.</summary>
    /// <param name="options">Of the block.</param>
    /// <param name="rows">B.</param>
    /// <param name="tokens">N.</param>
    /// <param name="leading">How many tokens are wanted.</param>
    public static BlockMemory Leading(TransformerBlockOptions options, long rows, long tokens, long leading)
    {
        var (all, of) = (new Sizes(options, rows, tokens), new Sizes(options, rows, leading));
        // Key and value of all tokens; the rest of the wanted ones.
        var kept = 2 * all.Features + of.State + 2 * of.Features + of.LogSums + of.FeedForward;
        return new(kept, kept, of.Weights);
    }

    /// <summary>Of a <see cref="DecoderBlock"/>.</summary>
    /// <param name="options">Of the block.</param>
    /// <param name="rows">B.</param>
    /// <param name="tokens">Of the targets.</param>
    /// <param name="memoryTokens">Of the sources.</param>
    public static BlockMemory Decoder(TransformerBlockOptions options, long rows, long tokens, long memoryTokens)
    {
        var (of, memory) = (new Sizes(options, rows, tokens), new Sizes(options, rows, memoryTokens));
        // Two sums that norms read; what was gathered twice, and the query; key and value of the memory.
        var kept = 2 * of.State + 3 * of.Features + of.Attention + of.LogSums + 2 * memory.Features + of.FeedForward;
        // Besides, the gradient by h, a branch's own, the sum of both, and what is before or behind a product; the memory and the gradient by it, all blocks' and one block's.
        var passing = (of.IsHalf ? 3 * of.State + 2 * of.Features : 3 * of.State) + 2 * memory.Features + memory.State;
        return new(kept, kept + passing + of.Masks + of.Operands(3 * of.Width) + memory.Operands(2 * of.Width), of.Weights);
    }

    private readonly record struct Sizes(TransformerBlockOptions Options, long Rows, long Tokens)
    {
        public bool IsHalf => Options.Precision == ComputePrecision.BFloat16;

        public long Width => Options.Width;

        /// <summary>Of float32.</summary>
        public long State => Rows * Tokens * Options.Width * Single;

        /// <summary>As products take and give them.</summary>
        public long Features => Rows * Tokens * Options.Width * Element;

        /// <summary>Query, key and value in one, and the logarithms of the weights' sums.</summary>
        public long Attention => 3 * Features + LogSums;

        public long LogSums => Rows * Tokens * Options.Heads * Single;

        public long FeedForward => 2 * Rows * Tokens * Options.FeedForwardWidth * Element;

        /// <summary>Of dropout or stochastic depth: the gradient that a mask was applied to.</summary>
        public long Masks => Options.Dropout > 0 || Options.StochasticDepth > 0 ? State : 0;

        /// <summary>In bfloat16, a copy of a layer's weights or the gradient by them; the largest.</summary>
        public long Weights => IsHalf ? Width * Math.Max(3 * Width, Options.FeedForwardWidth) * (IsInFloat32 ? Single + Half : Half) : 0;

        /// <summary>In bfloat16 where its products are taken in float32: what goes into one or comes out of it. Those of D features take places of states.</summary>
        /// <param name="attention">Features of the largest in attention.</param>
        public long Operands(long attention)
        {
            if (!IsInFloat32) return 0;
            var (larger, smaller) = (Math.Max(attention, Options.FeedForwardWidth), Math.Min(attention, Options.FeedForwardWidth));
            return Rows * Tokens * Single * (larger <= Workspace.LargestCapacity * smaller || smaller <= Width ? larger : larger + smaller);
        }

        private bool IsInFloat32 => IsHalf && BFloat16Products.TypeOf(TorchSharp.torch.ScalarType.BFloat16, TorchSharp.DeviceType.CPU) == TorchSharp.torch.ScalarType.Float32;

        private long Element => IsHalf ? Half : Single;
    }
}
