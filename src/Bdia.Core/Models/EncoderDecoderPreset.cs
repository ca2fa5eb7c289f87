namespace Bdia.Core.Models;

/// <summary>Named sizes of an <see cref="EncoderDecoder"/>; <see cref="EncoderDecoderOptions.FromPreset"/> gives their numbers.</summary>
public enum EncoderDecoderPreset
{
    /// <summary>Trains in minutes on two cores: width 128, 4 + 4 blocks, 4 heads, feed-forward 256.</summary>
    Compact,

    /// <summary>Width 256, 4 + 4 blocks, 4 heads, feed-forward 1024.</summary>
    Small,

    /// <summary>A usual size for 100,000 to 1,000,000 sentence pairs: width 512, 6 + 6 blocks, 4 heads, feed-forward 1024.</summary>
    Medium,

    /// <summary>The base model of "Attention is all you need": width 512, 6 + 6 blocks, 8 heads, feed-forward 2048.</summary>
    Base,
}
