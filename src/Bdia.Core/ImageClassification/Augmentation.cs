using Bdia.Core.Numerics;

namespace Bdia.Core.ImageClassification;

/// <summary>Crops, mirrors and normalises an image in one pass from stored pixels to a batch's memory.</summary>
internal sealed class Augmentation(ImageShape shape, int padding, CropFill fill, bool flip, PixelNormalization normalization)
{
    // Column of the source image for each column of the crop, -1 beyond it. Each source has an instance of its own.
    private readonly int[] columns = new int[shape.Width];

    /// <summary>Writes the normalised crop.</summary>
    /// <param name="pixels">Stored image (C, H, W).</param>
    /// <param name="random">Randomness of this row in this epoch.</param>
    /// <param name="normalized">Where to (C, H, W).</param>
    public void Apply(ReadOnlySpan<float> pixels, RandomSequence random, Span<float> normalized)
    {
        var down = padding > 0 ? random.Next(2 * padding + 1) - padding : 0;
        var right = padding > 0 ? random.Next(2 * padding + 1) - padding : 0;
        var mirrored = flip && random.Next(2) == 1;
        for (var x = 0; x < shape.Width; x++) columns[mirrored ? shape.Width - 1 - x : x] = Source(x + right, shape.Width);

        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var line = normalization.Line(channel);
            var (scale, offset) = line ?? (0, normalization.Apply(0, channel)); // the summand is what the pixel value 0 becomes
            for (var y = 0; y < shape.Height; y++)
            {
                var target = normalized.Slice((channel * shape.Height + y) * shape.Width, shape.Width);
                var row = Source(y + down, shape.Height);
                if (row < 0)
                {
                    target.Fill(offset);
                    continue;
                }

                var source = pixels.Slice((channel * shape.Height + row) * shape.Width, shape.Width);
                if (line is null)
                {
                    for (var x = 0; x < target.Length; x++)
                        target[x] = columns[x] < 0 ? offset : normalization.Apply(source[columns[x]], channel);
                    continue;
                }

                for (var x = 0; x < target.Length; x++)
                {
                    var column = columns[x];
                    target[x] = column < 0 ? offset : source[column] * scale + offset;
                }
            }
        }
    }

    private int Source(int position, int size)
    {
        if (position >= 0 && position < size) return position;
        if (fill == CropFill.Zero || size == 1) return fill == CropFill.Zero ? -1 : 0;
        // Mirrored at both edges, again and again where the padding exceeds the image.
        var period = 2 * (size - 1);
        var folded = (position % period + period) % period;
        return folded < size ? folded : period - folded;
    }
}
