namespace Bdia.Core.ImageClassification;

/// <summary>Changes the tones of images as image editors do, in the data's own units; results stay within the range.</summary>
/// <param name="shape">Of the images.</param>
/// <param name="range">Of their pixels.</param>
internal sealed class PixelTones(ImageShape shape, PixelRange range)
{
    private const int Levels = 256;

    // Luminance of red, green and blue (ITU-R BT.601), as Pillow and its followers take it.
    private const float Red = 0.299f, Green = 0.587f, Blue = 0.114f;

    private readonly float[] other = new float[shape.Area];

    /// <summary>Blends an image with black: 0 is black, 1 the image, more is brighter.</summary>
    public void Brightness(Span<float> pixels, double share)
    {
        foreach (ref var pixel in pixels) pixel = Blend(range.Darkest, pixel, share);
    }

    /// <summary>Blends an image with its own grey: 0 is grey. Of images of other than three channels it changes nothing.</summary>
    public void Saturation(Span<float> pixels, double share)
    {
        if (shape.Channels != 3) return;
        Grey(pixels, other);
        for (var i = 0; i < pixels.Length; i++) pixels[i] = Blend(other[i % shape.Area], pixels[i], share);
    }

    /// <summary>Blends an image with its mean grey: 0 is one grey throughout.</summary>
    public void Contrast(Span<float> pixels, double share)
    {
        Grey(pixels, other);
        var mean = 0.0;
        foreach (var value in other) mean += value;
        foreach (ref var pixel in pixels) pixel = Blend((float)(mean / shape.Area), pixel, share);
    }

    /// <summary>Blends an image with one that is blurred: 0 is blurred, more than 1 sharper. The outermost pixels stay.</summary>
    public void Sharpness(Span<float> pixels, double share)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var plane = pixels.Slice(channel * shape.Area, shape.Area);
            plane.CopyTo(other);
            for (var y = 1; y < shape.Height - 1; y++)
            {
                for (var x = 1; x < shape.Width - 1; x++)
                {
                    var at = y * shape.Width + x;
                    var sum = 4 * other[at];
                    for (var row = -shape.Width; row <= shape.Width; row += shape.Width)
                        sum += other[at + row - 1] + other[at + row] + other[at + row + 1];
                    plane[at] = Blend(sum / 13, other[at], share);
                }
            }
        }
    }

    /// <summary>Keeps the highest bits of each value's eight.</summary>
    public void Posterize(Span<float> pixels, int bits)
    {
        var step = 1 << (8 - bits);
        foreach (ref var pixel in pixels) pixel = Value(Level(pixel) / step * step);
    }

    /// <summary>Inverts what is at least so bright, as a share of the range.</summary>
    public void Solarize(Span<float> pixels, double from)
    {
        var threshold = range.Darkest + (float)from * range.Extent;
        foreach (ref var pixel in pixels)
            if (pixel >= threshold) pixel = Math.Clamp(range.Darkest + range.Brightest - pixel, range.Darkest, range.Brightest);
    }

    /// <summary>Stretches each channel to the whole range.</summary>
    public void AutoContrast(Span<float> pixels)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var plane = pixels.Slice(channel * shape.Area, shape.Area);
            var (least, largest) = (float.PositiveInfinity, float.NegativeInfinity);
            foreach (var value in plane) (least, largest) = (Math.Min(least, value), Math.Max(largest, value));
            if (largest <= least) continue;
            foreach (ref var value in plane)
                value = Math.Clamp(range.Darkest + (value - least) * (range.Extent / (largest - least)), range.Darkest, range.Brightest);
        }
    }

    /// <summary>Makes all levels of each channel about equally frequent.</summary>
    public void Equalize(Span<float> pixels)
    {
        Span<int> counts = stackalloc int[Levels];
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var plane = pixels.Slice(channel * shape.Area, shape.Area);
            counts.Clear();
            foreach (var value in plane) counts[Level(value)]++;
            var last = counts.LastIndexOfAnyExcept(0);
            var step = (shape.Area - counts[last]) / (Levels - 1);
            if (step == 0) continue; // too few pixels, or one level
            var below = step / 2;
            for (var level = 0; level < Levels; level++)
            {
                var here = counts[level];
                counts[level] = Math.Min(Levels - 1, below / step);
                below += here;
            }

            foreach (ref var value in plane) value = Value(counts[Level(value)]);
        }
    }

    private void Grey(ReadOnlySpan<float> pixels, Span<float> grey)
    {
        for (var i = 0; i < shape.Area; i++)
            grey[i] = shape.Channels == 3 ? Red * pixels[i] + Green * pixels[shape.Area + i] + Blue * pixels[2 * shape.Area + i]
                : pixels[i];
    }

    private float Blend(float other, float pixel, double share)
        => Math.Clamp(other + (float)share * (pixel - other), range.Darkest, range.Brightest);

    private int Level(float pixel) => range.Extent <= 0 ? 0
        : Math.Clamp((int)((pixel - range.Darkest) / range.Extent * (Levels - 1)), 0, Levels - 1);

    private float Value(int level) => range.Darkest + level * (range.Extent / (Levels - 1));
}
