using Bdia.Core.Blocks;
using Bdia.Core.Common;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;

namespace Bdia.Core.Models;

/// <summary>Sizes and regularisation of a <see cref="LanguageModel"/>. Serialises to JSON as it stands.</summary>
public sealed record LanguageModelOptions
{
    /// <summary>Ids, special ones included, at least 4.</summary>
    public int Vocabulary { get; init; } = SmallestVocabulary;

    /// <summary>D, features per token, a multiple of <see cref="Heads"/>. Default 128.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Blocks, 1..10,000. Default 4.</summary>
    public int Depth { get; init; } = 4;

    /// <summary>Attention heads, at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layers between their two products, at least 1. Default 512.</summary>
    public int FeedForwardWidth { get; init; } = 512;

    /// <summary>Dropout after the embedding and after every branch of a block: 0 up to, not including, 1. Default 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>
    /// Places that have a vector: tokens of the longest text that is read or written at once, 2..1,000,000. Default 128.
    /// </summary>
    public int MaxLength { get; init; } = 128;

    /// <summary>
    /// Number format of matrix products in training. Default float32. Incremental decoding computes in float32 either way.
    /// </summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>How the stack integrates and differentiates.</summary>
    public BdiaStackOptions Stack { get; init; } = new();

    // The special ids and one token.
    private const int SmallestVocabulary = SpecialTokens.Count + 1;
    private const int MostBlocks = VisionTransformerOptions.MostBlocks, LongestText = 1_000_000;

    /// <summary>The sizes of a preset.</summary>
    /// <param name="preset">Which.</param>
    /// <param name="vocabulary">Ids, special ones included, at least 4.</param>
    /// <returns>Options that have not been validated: adjust them with <c>with</c>, then construct the model.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static LanguageModelOptions FromPreset(LanguageModelPreset preset, int vocabulary)
    {
        var (width, depth, heads) = preset switch
        {
            LanguageModelPreset.Compact => (128, 4, 4),
            LanguageModelPreset.Small => (256, 6, 4),
            LanguageModelPreset.Medium => (384, 6, 6),
            LanguageModelPreset.Base => (768, 12, 12),
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset,
                "There is no such preset; choose Compact, Small, Medium or Base."),
        };
        return new() { Vocabulary = vocabulary, Width = width, Depth = depth, Heads = heads, FeedForwardWidth = 4 * width };
    }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range or does not fit another one.</exception>
    public void Validate() => OptionFaults.Validate(nameof(LanguageModelOptions), Check);

    /// <summary>Options of every block.</summary>
    internal TransformerBlockOptions Block => new()
    {
        Width = Width, Heads = Heads, FeedForwardWidth = FeedForwardWidth, Dropout = Dropout, Precision = Precision, Causal = true,
        Weights = WeightScheme.Glorot,
    };

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Vocabulary >= SmallestVocabulary, nameof(Vocabulary), Vocabulary,
            $"at least {SmallestVocabulary}: 3 special ids and a token");
        faults.Require(Depth is >= 1 and <= MostBlocks, nameof(Depth), Depth, $"1..{MostBlocks}");
        Block.Check(faults);
        faults.Require(MaxLength is >= 2 and <= LongestText, nameof(MaxLength), MaxLength, $"2..{LongestText}");
        faults.Require(Stack is not null, nameof(Stack), Stack, "a BdiaStackOptions");
        Stack?.Check(faults);
    }
}
