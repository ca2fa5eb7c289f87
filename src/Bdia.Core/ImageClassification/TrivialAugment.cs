using Bdia.Core.Numerics;

namespace Bdia.Core.ImageClassification;

/// <summary><see cref="AugmentPolicy.TrivialAugment"/> of one image after the other, in the data's own units.</summary>
/// <param name="shape">Of the images.</param>
/// <param name="range">Of their pixels.</param>
/// <param name="ground">What is seen beyond an image, per channel.</param>
internal sealed class TrivialAugment(ImageShape shape, PixelRange range, IReadOnlyList<float> ground)
{
    // The ranges of RandAugment (Cubuk et al., 2020), lengths as shares of a side.
    private const double MostShear = 0.3, MostShift = 10.0 / 32, MostDegrees = 30, MostBlend = 0.9;
    private const int FewestBits = 4, Bits = 8;

    private readonly PixelWarp warp = new(shape, ground);
    private readonly PixelTones tones = new(shape, range);

    /// <summary>The kinds of change, each equally likely.</summary>
    internal static IReadOnlyList<Change> Changes { get; } = Enum.GetValues<Change>();

    /// <summary>A kind of change.</summary>
    internal enum Change
    {
        None, ShearAcross, ShearDown, ShiftAcross, ShiftDown, Rotate,
        Brightness, Saturation, Contrast, Sharpness, Posterize, Solarize, AutoContrast, Equalize,
    }

    /// <summary>Changes an image by chance.</summary>
    /// <param name="pixels">(C, H, W), changed in place.</param>
    /// <param name="random">Randomness of this row in this epoch.</param>
    public void Apply(Span<float> pixels, RandomSequence random)
        => Apply(pixels, Changes[random.Next(Changes.Count)], random.NextUniform(), random.Next(2) == 1);

    /// <summary>Changes an image.</summary>
    /// <param name="pixels">(C, H, W), changed in place.</param>
    /// <param name="change">How.</param>
    /// <param name="strength">0..1.</param>
    /// <param name="opposite">In which of two directions.</param>
    internal void Apply(Span<float> pixels, Change change, double strength, bool opposite)
    {
        var signed = opposite ? -strength : strength;
        switch (change)
        {
            case Change.ShearAcross: warp.Apply(pixels, 1, MostShear * signed, 0, 1, 0, 0); break;
            case Change.ShearDown: warp.Apply(pixels, 1, 0, MostShear * signed, 1, 0, 0); break;
            case Change.ShiftAcross: warp.Apply(pixels, 1, 0, 0, 1, MostShift * signed * shape.Width, 0); break;
            case Change.ShiftDown: warp.Apply(pixels, 1, 0, 0, 1, 0, MostShift * signed * shape.Height); break;
            case Change.Rotate:
                var (sine, cosine) = Math.SinCos(MostDegrees * signed * Math.PI / 180);
                warp.Apply(pixels, cosine, -sine, sine, cosine, 0, 0);
                break;
            case Change.Brightness: tones.Brightness(pixels, 1 + MostBlend * signed); break;
            case Change.Saturation: tones.Saturation(pixels, 1 + MostBlend * signed); break;
            case Change.Contrast: tones.Contrast(pixels, 1 + MostBlend * signed); break;
            case Change.Sharpness: tones.Sharpness(pixels, 1 + MostBlend * signed); break;
            case Change.Posterize: tones.Posterize(pixels, Bits - (int)Math.Round(strength * (Bits - FewestBits))); break;
            case Change.Solarize: tones.Solarize(pixels, 1 - strength); break;
            case Change.AutoContrast: tones.AutoContrast(pixels); break;
            case Change.Equalize: tones.Equalize(pixels); break;
            default: break;
        }
    }
}
