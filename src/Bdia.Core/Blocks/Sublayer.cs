using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// A sub-layer of a pre-norm block (Vaswani et al., 2017, have the word): a layer behind a layer normalisation, r(z) = layer(LayerNorm(z)),
/// in every way in which a block is computed. A block has nothing to add but the sums.
/// </summary>
/// <param name="name">Of the layer in the block's state.</param>
/// <param name="layer">The layer.</param>
/// <param name="options">Of the block.</param>
internal abstract class Sublayer(string name, nn.Module layer, TransformerBlockOptions options)
{
    /// <summary>Of the layer in the block's state.</summary>
    public string Name => name;

    /// <summary>The layer.</summary>
    public nn.Module Layer => layer;

    /// <summary>What stands before it.</summary>
    public LayerNorm Norm { get; } = new(options.Width, options.NormEpsilon);

    /// <summary>What stands behind it; null where nothing does.</summary>
    public LayerScale? Scale { get; } = options.LayerScale ? new(options.Width) : null;

    /// <summary>Both.</summary>
    protected SublayerFrame Frame => new(Norm, Scale);

    protected TransformerBlockOptions Options => options;

    /// <summary>What the layer gives, scaled.</summary>
    public Tensor Scaled(Tensor output) => Scale is null ? output : Scale.forward(output);

    /// <summary>By libtorch's operations, with autograd to go back: on other devices, and the reference of all other ways.</summary>
    /// <param name="normalised">LayerNorm(z), (B, N, D).</param>
    /// <returns>(B, N, D), in the number format of the precision.</returns>
    public abstract Tensor Apply(Tensor normalised, ResidualContext context);

    /// <summary>For one evaluation on the CPU, with a backward pass written down.</summary>
    /// <param name="x">The block's input.</param>
    /// <param name="leading">How many tokens, the first ones, the block makes of all; null for all.</param>
    public abstract Branch Branch(Tensor x, ResidualContext context, Workspace workspace, int? leading);

    /// <summary>For the newest tokens of each row, in float32 and without randomness.</summary>
    /// <param name="normalised">LayerNorm of their sums, (R, T, D).</param>
    public abstract Tensor Next(Tensor normalised, BlockPast past);

    /// <summary>For the newest token of each row, as a part of <see cref="DecoderStepKernel"/>.</summary>
    public abstract SublayerStep Step();
}
