using Bdia.Core.Common;
using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;

namespace Bdia.Core.Models;

/// <summary>Sizes and regularisation of an <see cref="EncoderDecoder"/>. Serialises to JSON as it stands.</summary>
public sealed record EncoderDecoderOptions
{
    /// <summary>Ids of the source language, special ones included, at least 4.</summary>
    public int SourceVocabulary { get; init; } = SmallestVocabulary;

    /// <summary>Ids of the target language, special ones included, at least 4.</summary>
    public int TargetVocabulary { get; init; } = SmallestVocabulary;

    /// <summary>D, features per token, a multiple of <see cref="Heads"/>. Default 128.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Blocks of the encoder, 1..10,000. Default 4.</summary>
    public int EncoderDepth { get; init; } = 4;

    /// <summary>Blocks of the decoder, 1..10,000. Default 4.</summary>
    public int DecoderDepth { get; init; } = 4;

    /// <summary>Attention heads, at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layers between their two products, at least 1. Default 256.</summary>
    public int FeedForwardWidth { get; init; } = 256;

    /// <summary>Dropout after the embeddings and after every branch of a block: 0 up to, not including, 1. Default 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Whether source and target share one embedding; needs vocabularies of one size. Default false.</summary>
    public bool ShareEmbeddings { get; init; }

    /// <summary>
    /// Whether the output product uses the target embedding's weights (Press and Wolf, 2017), without a bias. Default true.
    /// </summary>
    public bool TieOutput { get; init; } = true;

    /// <summary>How tokens are told their place. Default <see cref="PositionEncoding.Sinusoidal"/>.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Sinusoidal;

    /// <summary>
    /// Tokens of the longest text, special ones included, 2..1,000,000; decides the size of learned positions, and what is refused there.
    /// Default 512.
    /// </summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>
    /// Number format of matrix products in training. Default float32. Incremental decoding computes in float32 either way.
    /// </summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>How both stacks integrate and differentiate.</summary>
    public BdiaStackOptions Stack { get; init; } = new();

    // The special ids and one token.
    private const int SmallestVocabulary = SpecialTokens.Count + 1;
    private const int MostBlocks = VisionTransformerOptions.MostBlocks, LongestText = 1_000_000;

    /// <summary>The sizes of a preset.</summary>
    /// <param name="preset">Which.</param>
    /// <param name="sourceVocabulary">Ids of the source language, special ones included, at least 4.</param>
    /// <param name="targetVocabulary">Ids of the target language, special ones included, at least 4.</param>
    /// <returns>Options that have not been validated: adjust them with <c>with</c>, then construct the model.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static EncoderDecoderOptions FromPreset(EncoderDecoderPreset preset, int sourceVocabulary, int targetVocabulary)
    {
        var (width, depth, heads, feedForward) = preset switch
        {
            EncoderDecoderPreset.Compact => (128, 4, 4, 256),
            EncoderDecoderPreset.Small => (256, 4, 4, 1024),
            EncoderDecoderPreset.Medium => (512, 6, 4, 1024),
            EncoderDecoderPreset.Base => (512, 6, 8, 2048),
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset,
                "There is no such preset; choose Compact, Small, Medium or Base."),
        };
        return new()
        {
            SourceVocabulary = sourceVocabulary, TargetVocabulary = targetVocabulary,
            Width = width, EncoderDepth = depth, DecoderDepth = depth, Heads = heads, FeedForwardWidth = feedForward,
        };
    }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range or does not fit another one.</exception>
    public void Validate() => OptionFaults.Validate(nameof(EncoderDecoderOptions), Check);

    /// <summary>Options of every block of the encoder.</summary>
    internal TransformerBlockOptions EncoderBlock => new()
    {
        Width = Width, Heads = Heads, FeedForwardWidth = FeedForwardWidth, Dropout = Dropout, Precision = Precision,
            Weights = WeightScheme.Glorot,
    };

    /// <summary>Options of every block of the decoder.</summary>
    internal TransformerBlockOptions DecoderBlock => EncoderBlock with { Causal = true, CrossAttention = true };

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        const string Smallest = "3 special ids and a token";
        faults.Require(SourceVocabulary >= SmallestVocabulary, nameof(SourceVocabulary), SourceVocabulary,
            $"at least {SmallestVocabulary}: {Smallest}");
        faults.Require(TargetVocabulary >= SmallestVocabulary, nameof(TargetVocabulary), TargetVocabulary,
            $"at least {SmallestVocabulary}: {Smallest}");
        if (ShareEmbeddings && SourceVocabulary != TargetVocabulary)
            faults.Add($"ShareEmbeddings is true, SourceVocabulary is {SourceVocabulary} and TargetVocabulary is {TargetVocabulary}; "
                + "one embedding needs one vocabulary: use a joint tokenizer, or set ShareEmbeddings to false.");
        faults.Require(EncoderDepth is >= 1 and <= MostBlocks, nameof(EncoderDepth), EncoderDepth, $"1..{MostBlocks}");
        faults.Require(DecoderDepth is >= 1 and <= MostBlocks, nameof(DecoderDepth), DecoderDepth, $"1..{MostBlocks}");
        EncoderBlock.Check(faults);
        faults.Require(Enum.IsDefined(Positions), nameof(Positions), Positions,
            $"{PositionEncoding.Sinusoidal} or {PositionEncoding.Learned}");
        faults.Require(MaxLength is >= 2 and <= LongestText, nameof(MaxLength), MaxLength, $"2..{LongestText}");
        faults.Require(Stack is not null, nameof(Stack), Stack, "a BdiaStackOptions");
        Stack?.Check(faults);
    }
}
