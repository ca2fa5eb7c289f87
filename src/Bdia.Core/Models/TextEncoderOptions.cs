using Bdia.Core.Blocks;
using Bdia.Core.Common;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;

namespace Bdia.Core.Models;

/// <summary>Sizes and regularisation of a <see cref="TextEncoder"/>. Serialises to JSON as it stands.</summary>
public sealed record TextEncoderOptions
{
    /// <summary>Ids of the language, special ones included, at least 4.</summary>
    public int Vocabulary { get; init; } = SmallestVocabulary;

    /// <summary>Classes to tell apart, at least 2.</summary>
    public int Classes { get; init; } = 2;

    /// <summary>
    /// Whether a row is two texts, each behind the other, which are then told apart by a vector for each. Default false.
    /// </summary>
    public bool Pairs { get; init; }

    /// <summary>D, features per token, a multiple of <see cref="Heads"/>. Default 128.</summary>
    public int Width { get; init; } = 128;

    /// <summary>K, number of blocks, 1..10,000. Default 2.</summary>
    public int Depth { get; init; } = 2;

    /// <summary>Attention heads, at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layers between their two products, at least 1. Default 256.</summary>
    public int FeedForwardWidth { get; init; } = 256;

    /// <summary>Dropout after the embedding and after every branch of a block: 0 up to, not including, 1. Default 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>How tokens are told their place. Default <see cref="PositionEncoding.Sinusoidal"/>.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Sinusoidal;

    /// <summary>
    /// Tokens of the longest row, end tokens included, 2..1,000,000; decides the size of learned positions, and what is refused there. The
    /// class token is not counted: it has no place. Default 512.
    /// </summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Number format of matrix products. Default float32.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>How the stack of blocks integrates and differentiates.</summary>
    public BdiaStackOptions Stack { get; init; } = new();

    // The special ids and one token.
    private const int SmallestVocabulary = SpecialTokens.Count + 1;
    private const int MostBlocks = VisionTransformerOptions.MostBlocks, LongestText = 1_000_000;

    /// <summary>The sizes of a preset.</summary>
    /// <param name="preset">Which.</param>
    /// <param name="vocabulary">Ids of the language, special ones included, at least 4.</param>
    /// <param name="classes">At least 2.</param>
    /// <returns>Options that have not been validated: adjust them with <c>with</c>, then construct the model.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static TextEncoderOptions FromPreset(TextEncoderPreset preset, int vocabulary, int classes)
    {
        var (width, depth, heads, feedForward) = preset switch
        {
            TextEncoderPreset.Compact => (128, 2, 4, 256),
            TextEncoderPreset.Small => (256, 4, 4, 1024),
            TextEncoderPreset.Medium => (512, 8, 8, 2048),
            TextEncoderPreset.Base => (768, 12, 12, 3072),
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset,
                "There is no such preset; choose Compact, Small, Medium or Base."),
        };
        return new()
        {
            Vocabulary = vocabulary, Classes = classes,
            Width = width, Depth = depth, Heads = heads, FeedForwardWidth = feedForward,
        };
    }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range or does not fit another one.</exception>
    public void Validate() => OptionFaults.Validate(nameof(TextEncoderOptions), Check);

    /// <summary>Options of every block.</summary>
    internal TransformerBlockOptions Block => new()
    {
        Width = Width, Heads = Heads, FeedForwardWidth = FeedForwardWidth, Dropout = Dropout, Precision = Precision,
        Weights = WeightScheme.Glorot,
    };

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Vocabulary >= SmallestVocabulary, nameof(Vocabulary), Vocabulary,
            $"at least {SmallestVocabulary}: 3 special ids and a token");
        faults.Require(Classes >= 2, nameof(Classes), Classes, "at least 2");
        faults.Require(Depth is >= 1 and <= MostBlocks, nameof(Depth), Depth, $"1..{MostBlocks}");
        Block.Check(faults);
        faults.Require(Enum.IsDefined(Positions), nameof(Positions), Positions,
            $"{PositionEncoding.Sinusoidal} or {PositionEncoding.Learned}");
        faults.Require(MaxLength is >= 2 and <= LongestText, nameof(MaxLength), MaxLength, $"2..{LongestText}");
        faults.Require(Stack is not null, nameof(Stack), Stack, "a BdiaStackOptions");
        Stack?.Check(faults);
    }
}
