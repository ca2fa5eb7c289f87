namespace Bdia.Core.Models;

/// <summary>Named sizes of a <see cref="TextEncoder"/>; <see cref="TextEncoderOptions.FromPreset"/> gives their numbers.</summary>
public enum TextEncoderPreset
{
    /// <summary>Trains in a minute or a few on two cores: width 128, 2 blocks, 4 heads, feed-forward 256.</summary>
    Compact,

    /// <summary>Width 256, 4 blocks, 4 heads, feed-forward 1024.</summary>
    Small,

    /// <summary>Width 512, 8 blocks, 8 heads, feed-forward 2048.</summary>
    Medium,

    /// <summary>Width 768, 12 blocks, 12 heads, feed-forward 3072.</summary>
    Base,
}
