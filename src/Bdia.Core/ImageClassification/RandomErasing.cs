using Bdia.Core.Numerics;

namespace Bdia.Core.ImageClassification;

/// <summary>Hides a rectangle of some images (Zhong et al., "Random Erasing Data Augmentation", 2020).</summary>
/// <param name="shape">Of the images.</param>
/// <param name="probability">Share of the images, by chance.</param>
internal sealed class RandomErasing(ImageShape shape, double probability)
{
    // Theirs: shares of the picture's area, and how many times as high as wide.
    private const double LeastArea = 0.02, MostArea = 1.0 / 3, LeastAspect = 0.3;
    private const int Attempts = 10;

    /// <summary>Hides a rectangle, or not.</summary>
    /// <param name="normalized">(C, H, W), of which 0 is the mean: what the rectangle becomes.</param>
    /// <param name="random">Randomness of this row in this epoch.</param>
    public void Apply(Span<float> normalized, RandomSequence random)
    {
        if (random.NextUniform() >= probability) return;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = shape.Area * (LeastArea + (MostArea - LeastArea) * random.NextUniform());
            var aspect = Math.Exp(Math.Log(LeastAspect) * (1 - 2 * random.NextUniform()));
            var (height, width) = ((int)Math.Round(Math.Sqrt(area * aspect)), (int)Math.Round(Math.Sqrt(area / aspect)));
            if (height is 0 || width is 0 || height > shape.Height || width > shape.Width) continue;
            var (top, left) = (random.Next(shape.Height - height + 1), random.Next(shape.Width - width + 1));
            for (var channel = 0; channel < shape.Channels; channel++)
                for (var y = top; y < top + height; y++)
                    normalized.Slice((channel * shape.Height + y) * shape.Width + left, width).Clear();
            return;
        }
    }
}
