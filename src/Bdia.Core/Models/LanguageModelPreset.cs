namespace Bdia.Core.Models;

/// <summary>Named sizes of a <see cref="LanguageModel"/>; <see cref="LanguageModelOptions.FromPreset"/> gives their numbers.</summary>
public enum LanguageModelPreset
{
    /// <summary>Trains in minutes on two cores: width 128, 4 blocks, 4 heads, feed-forward 512.</summary>
    Compact,

    /// <summary>Width 256, 6 blocks, 4 heads, feed-forward 1024.</summary>
    Small,

    /// <summary>Width 384, 6 blocks, 6 heads, feed-forward 1536: what is usual for a text of a million characters.</summary>
    Medium,

    /// <summary>The smallest GPT-2 (Radford et al., 2019): width 768, 12 blocks, 12 heads, feed-forward 3072.</summary>
    Base,
}
