namespace Bdia.Core.ImageClassification;

/// <summary>How an image of a batch is mixed with the next one.</summary>
/// <param name="Own">Share of it that stays, 1/2..1.</param>
/// <param name="Box">Where the other one is pasted (CutMix: Yun et al., 2019); null where the two are blended (mixup: Zhang et al.,
/// 2018).</param>
internal readonly record struct ImageMixture(double Own, ImageBox? Box)
{
    /// <summary>The image as it is.</summary>
    public static ImageMixture None { get; } = new(1, null);
}

/// <summary>A rectangle of an image, in pixels.</summary>
internal readonly record struct ImageBox(int Top, int Left, int Height, int Width);
