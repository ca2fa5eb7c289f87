namespace Bdia.Core.Pretrained;

/// <summary>How weights expect the pixels of images to be normalised: (pixel - mean) / deviation, of pixels from 0 to 1.</summary>
/// <param name="Mean">Per channel.</param>
/// <param name="StandardDeviation">Per channel, above 0.</param>
public sealed record PixelStatistics(IReadOnlyList<double> Mean, IReadOnlyList<double> StandardDeviation)
{
    /// <summary>Of ImageNet: what most networks of timm, DeiT, DINO and ResNets expect.</summary>
    public static PixelStatistics ImageNet { get; } = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <summary>From -1 to 1: what Google's vision transformers expect ("augreg" of timm, and Hugging Face's default).</summary>
    public static PixelStatistics Half { get; } = new([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);

    /// <summary>For so many channels: those of the colours, or for one channel what colours of one grey would have on average.</summary>
    internal PixelStatistics For(int channels)
        => channels == Mean.Count ? this : new([.. Enumerable.Repeat(Mean.Average(), channels)],
            [.. Enumerable.Repeat(StandardDeviation.Average(), channels)]);
}
