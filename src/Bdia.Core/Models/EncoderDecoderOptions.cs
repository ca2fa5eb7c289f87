using Bdia.Core.Layers;
using Bdia.Core.Reversible;

namespace Bdia.Core.Models;

/// <summary>Sizes and regularisation of an <see cref="EncoderDecoder"/>. Serialises to JSON as it stands.</summary>
public sealed record EncoderDecoderOptions
{
    /// <summary>Ids of the source language, special ones included, at least 4.</summary>
    public int SourceVocabulary { get; init; } = 4;

    /// <summary>Ids of the target language, special ones included, at least 4.</summary>
    public int TargetVocabulary { get; init; } = 4;

    /// <summary>D, features per token, a multiple of <see cref="Heads"/>. Default 128.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Blocks of the encoder, at least 1. Default 4.</summary>
    public int EncoderDepth { get; init; } = 4;

    /// <summary>Blocks of the decoder, at least 1. Default 4.</summary>
    public int DecoderDepth { get; init; } = 4;

    /// <summary>Attention heads, at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layers between their two products, at least 1. Default 256.</summary>
    public int FeedForwardWidth { get; init; } = 256;

    /// <summary>Dropout after the embeddings and after every branch of a block: 0 up to, not including, 1. Default 0.1.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Whether source and target share one embedding; needs vocabularies of one size. Default false.</summary>
    public bool ShareEmbeddings { get; init; }

    /// <summary>Whether the output product uses the target embedding's weights (Press and Wolf, 2017). Default true.</summary>
    public bool TieOutput { get; init; } = true;

    /// <summary>How tokens are told their place. Default <see cref="PositionEncoding.Sinusoidal"/>.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Sinusoidal;

    /// <summary>Tokens of the longest text, special ones included, at least 2; decides the size of learned positions, and what is refused there. Default 512.</summary>
    public int MaxLength { get; init; } = 512;

    /// <summary>Number format of matrix products in training. Default float32.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>How both stacks integrate and differentiate.</summary>
    public BdiaStackOptions Stack { get; init; } = new();

    public static EncoderDecoderOptions FromPreset(EncoderDecoderPreset preset, int sourceVocabulary, int targetVocabulary) => throw new NotImplementedException();

    public void Validate() => throw new NotImplementedException();
}
