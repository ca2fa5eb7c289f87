namespace Bdia.Core.Models;

/// <summary>Named sizes of a vision transformer; <see cref="VisionTransformerOptions.FromPreset"/> gives their numbers.</summary>
public enum VisionTransformerPreset
{
    /// <summary>Trains in minutes on two cores: patch 4, width 128, 6 blocks, 4 heads, feed-forward 256 (0.8 M weights).</summary>
    Compact,

    /// <summary>The BDIA paper's network for CIFAR: patch 4, width 512, 6 blocks, 8 heads, feed-forward 512 (9.5 M weights).</summary>
    Cifar,

    /// <summary>DeiT-Ti: patch 16, width 192, 12 blocks, 3 heads, feed-forward 768 (5.7 M weights at 224x224).</summary>
    Tiny,

    /// <summary>DeiT-S: patch 16, width 384, 12 blocks, 6 heads, feed-forward 1536 (22 M weights).</summary>
    Small,

    /// <summary>DeiT-B: patch 16, width 768, 12 blocks, 12 heads, feed-forward 3072 (86 M weights).</summary>
    Base,
}
