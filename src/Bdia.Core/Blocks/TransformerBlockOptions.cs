using Bdia.Core.Common;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>Sizes, kind and regularisation of one <see cref="TransformerBlock"/>.</summary>
public sealed record TransformerBlockOptions
{
    /// <summary>D, features per token: at least 1, a multiple of <see cref="Heads"/>.</summary>
    public required int Width { get; init; }

    /// <summary>H, attention heads: at least 1.</summary>
    public required int Heads { get; init; }

    /// <summary>Width between the two dense layers of the feed-forward part: at least 1.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>Whether a token sees none behind it in self-attention: in a block that writes. Default: false.</summary>
    public bool Causal { get; init; }

    /// <summary>
    /// Whether tokens attend to a memory as well, between self-attention and the feed-forward part: in a decoder behind an encoder.
    /// Default: false.
    /// </summary>
    public bool CrossAttention { get; init; }

    /// <summary>Probability of zeroing an element of what each branch adds, in training: 0 (default) up to, not including, 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Probability of leaving a branch out for a sample, in training: 0 (default) up to, not including, 1.</summary>
    public double StochasticDepth { get; init; }

    /// <summary>Of the matrix products. Default: <see cref="ComputePrecision.Float32"/>.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>How the dense layers' weights start. Not a user's choice: each kind of network has its own.</summary>
    internal WeightScheme Weights { get; init; }

    /// <summary>
    /// Added to the variance by layer normalisations. Like the next ones no user's choice: weights that were trained elsewhere have it.
    /// </summary>
    internal double NormEpsilon { get; init; } = LayerNorm.Epsilon;

    /// <summary>Whether the product that gives query, key and value has a bias.</summary>
    internal bool QueryKeyValueBias { get; init; } = true;

    /// <summary>Whether queries and keys of each head are normalised. In encoders alone.</summary>
    internal bool QueryKeyNorm { get; init; }

    /// <summary>Whether each branch is multiplied by a factor per feature. In encoders alone.</summary>
    internal bool LayerScale { get; init; }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range.</exception>
    public void Validate() => OptionFaults.Validate(nameof(TransformerBlockOptions), Check);

    /// <summary>What a branch adds to the sum: in float32, and in training with its dropout and stochastic depth.</summary>
    /// <remarks>To float32 first, so that neither the sums nor dropout's scaling round to bf16.</remarks>
    internal Tensor Regularised(Tensor branch, BlockRandom? random)
    {
        var sum = branch.to(ScalarType.Float32);
        return random is null ? sum : random.DropPath(random.Dropout(sum, Dropout), StochasticDepth);
    }

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Width >= 1, nameof(Width), Width, "at least 1");
        faults.Require(Heads >= 1, nameof(Heads), Heads, "at least 1");
        if (Width >= 1 && Heads >= 1 && Width % Heads != 0)
            faults.Add($"Width is {Width} and Heads is {Heads}; the width must be a multiple of the heads.");
        faults.Require(FeedForwardWidth >= 1, nameof(FeedForwardWidth), FeedForwardWidth, "at least 1");
        faults.Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "from 0 up to, not including, 1");
        faults.Require(StochasticDepth is >= 0 and < 1, nameof(StochasticDepth), StochasticDepth, "from 0 up to, not including, 1");
        if ((QueryKeyNorm || LayerScale) && (Causal || CrossAttention))
            faults.Add("A block that writes has neither norms of queries and keys nor layer scale: decoding does not know them.");
        faults.Require(Enum.IsDefined(Precision), nameof(Precision), Precision,
            $"{ComputePrecision.Float32} or {ComputePrecision.BFloat16}");
    }
}
