using Bdia.Core.Operations;
using Bdia.Core.Tensors;

namespace Bdia.Core.Blocks;

/// <summary>What a block is evaluated on, for those who count its bytes.</summary>
/// <param name="Options">Of the block.</param>
/// <param name="Rows">B.</param>
/// <param name="Tokens">N.</param>
/// <param name="MemoryTokens">Of the memory; 0 where there is none.</param>
/// <param name="Leading">How many tokens are wanted, the first ones; null for all.</param>
internal readonly record struct BlockSizes(TransformerBlockOptions Options, long Rows, long Tokens,
    long MemoryTokens = 0, long? Leading = null)
{
    /// <summary>Of the wanted tokens.</summary>
    public TokenSizes Wanted => new(Options, Rows, Leading ?? Tokens);

    /// <summary>Of all tokens.</summary>
    public TokenSizes All => new(Options, Rows, Tokens);

    /// <summary>Of those of the memory.</summary>
    public TokenSizes Memory => new(Options, Rows, MemoryTokens);
}

/// <summary>Bytes of what a block makes of some tokens.</summary>
internal readonly record struct TokenSizes(TransformerBlockOptions Options, long Rows, long Tokens)
{
    private const long Single = sizeof(float), Half = 2;

    /// <summary>Whether products are of bfloat16.</summary>
    public bool IsHalf => Options.Precision == ComputePrecision.BFloat16;

    /// <summary>Of float32.</summary>
    public long State => Rows * Tokens * Options.Width * Single;

    /// <summary>As products take and give them.</summary>
    public long Features => Rows * Tokens * Options.Width * Element;

    /// <summary>The logarithms of the weights' sums.</summary>
    public long LogSums => Rows * Tokens * Options.Heads * Single;

    /// <summary>Before and behind the activation.</summary>
    public long FeedForward => 2 * Rows * Tokens * Options.FeedForwardWidth * Element;

    /// <summary>Of dropout or stochastic depth: the gradient that a mask was applied to; of layer scale, that which was scaled.</summary>
    public long Masks => (Options.Dropout > 0 || Options.StochasticDepth > 0 ? State : 0) + (Options.LayerScale ? Features : 0);

    /// <summary>Queries or keys before their norm; 0 where they have none.</summary>
    public long BeforeNorms => Options.QueryKeyNorm ? State : 0;

    /// <summary>
    /// In bfloat16, copies of layers' weights or the gradient by them; the most at one time. With layer scale, the gradient by a branch's
    /// last weights, and their product.
    /// </summary>
    public long Weights
        => Copies + (Options.LayerScale ? 2L * Options.Width * Math.Max(Options.Width, Options.FeedForwardWidth) * Single : 0);

    // Where a chain of rows is open, copies of a branch's weights wait for it together; else one at a time, or the gradient by it.
    private long Copies
        => !IsHalf ? 0 : DirectProducts.Serve(TorchSharp.torch.ScalarType.BFloat16)
            ? Options.Width * Math.Max(4L * Options.Width, 2L * Options.FeedForwardWidth) * Half
            : Options.Width * Math.Max(3L * Options.Width, Options.FeedForwardWidth) * (IsInFloat32 ? Single + Half : Half);

    /// <summary>
    /// In bfloat16 where its products are taken in float32: what goes into one or comes out of it. Those of D features take places of
    /// states.
    /// </summary>
    /// <param name="attention">How many times D the largest in attention has.</param>
    public long Operands(long attention)
    {
        if (!IsInFloat32) return 0;
        var features = attention * Options.Width;
        var (larger, smaller) = (Math.Max(features, Options.FeedForwardWidth), Math.Min(features, Options.FeedForwardWidth));
        return Rows * Tokens * Single
            * (larger <= Workspace.LargestCapacity * smaller || smaller <= Options.Width ? larger : larger + smaller);
    }

    private bool IsInFloat32
        => IsHalf && BFloat16Products.TypeOf(TorchSharp.torch.ScalarType.BFloat16,
            TorchSharp.DeviceType.CPU) == TorchSharp.torch.ScalarType.Float32;

    private long Element => IsHalf ? Half : Single;
}
