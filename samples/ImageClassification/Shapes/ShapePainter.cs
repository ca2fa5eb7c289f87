using Bdia.Samples.Common.Data;

namespace Bdia.Samples.ImageClassification.Shapes;

/// <summary>
/// Draws one picture: a shaded background, clutter, one glyph at a random place, size, angle and colour, then noise.
/// Neither position nor colour tells the class, so a linear model over pixels is lost; the local form does.
/// </summary>
internal sealed class ShapePainter(int size)
{
    private readonly float[] canvas = new float[3 * size * size];

    /// <summary>Draws picture <paramref name="index"/> of the sequence that <paramref name="seed"/> names.</summary>
    /// <returns>3 x size x size bytes: the red plane, the green one, the blue one.</returns>
    public byte[] Draw(int glyph, ulong seed, int index)
    {
        var random = new SplitMix64((seed * 0x2545F4914F6CDD1D) + (ulong)index);
        random.Next();
        var paper = Colour(ref random, 0.05f, 0.6f);
        Background(paper, ref random);
        for (var clutter = 2 + random.Below(4); clutter > 0; clutter--) Clutter(ref random);
        Glyph(Glyphs.All[glyph].Distance, Contrasting(paper, ref random), ref random);
        return Develop(ref random);
    }

    private void Background(Colour paper, ref SplitMix64 random)
    {
        var angle = random.Uniform(0, MathF.Tau);
        var slope = random.Uniform(0, 0.25f) / size;
        var (dx, dy) = (slope * MathF.Cos(angle), slope * MathF.Sin(angle));
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var shade = (dx * (x - (size / 2f))) + (dy * (y - (size / 2f)));
                Set(x, y, new(paper.Red + shade, paper.Green + shade, paper.Blue + shade));
            }
        }
    }

    /// <summary>A short stroke or a speck of any colour, anywhere.</summary>
    private void Clutter(ref SplitMix64 random)
    {
        var (x0, y0) = (random.Uniform(0, size), random.Uniform(0, size));
        var (angle, length) = (random.Uniform(0, MathF.Tau), random.Uniform(0, size * 0.3f));
        var (dx, dy) = (length * MathF.Cos(angle), length * MathF.Sin(angle));
        var width = random.Uniform(0.5f, 1.0f);
        Fill(Colour(ref random, 0.1f, 0.9f), 0.7f, (x, y) =>
        {
            var along = Math.Clamp((((x - x0) * dx) + ((y - y0) * dy)) / ((length * length) + 1e-6f), 0, 1);
            return MathF.Sqrt(Square(x - x0 - (along * dx)) + Square(y - y0 - (along * dy))) - width;
        });
    }

    private void Glyph(Func<float, float, float> distance, Colour ink, ref SplitMix64 random)
    {
        var radius = size * random.Uniform(0.30f, 0.40f);
        var room = (size / 2f) - radius;
        var (cx, cy) = ((size / 2f) + random.Uniform(-room, room), (size / 2f) + random.Uniform(-room, room));
        var (sin, cos) = MathF.SinCos(random.Uniform(0, MathF.Tau));
        Fill(ink, 1, (x, y) =>
        {
            var (px, py) = ((x - cx) / radius, (y - cy) / radius);
            return distance((cos * px) + (sin * py), (cos * py) - (sin * px)) * radius;
        });
    }

    /// <summary>Lays colour over the canvas wherever the distance (in pixels) is negative, fading over one pixel at the outline.</summary>
    private void Fill(Colour colour, float opacity, Func<float, float, float> distance)
    {
        var (plane, at) = (size * size, 0);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++, at++)
            {
                var cover = opacity * Math.Clamp(0.5f - distance(x + 0.5f, y + 0.5f), 0, 1);
                if (cover == 0) continue;
                canvas[at] += cover * (colour.Red - canvas[at]);
                canvas[at + plane] += cover * (colour.Green - canvas[at + plane]);
                canvas[at + (2 * plane)] += cover * (colour.Blue - canvas[at + (2 * plane)]);
            }
        }
    }

    /// <summary>Sensor noise, then eight bits a channel.</summary>
    private byte[] Develop(ref SplitMix64 random)
    {
        var grain = random.Uniform(0.02f, 0.05f);
        var pixels = new byte[canvas.Length];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Math.Clamp(MathF.Round(255 * (canvas[i] + (grain * random.Noise()))), 0, 255);
        return pixels;
    }

    private void Set(int x, int y, Colour colour)
    {
        var at = (y * size) + x;
        (canvas[at], canvas[at + (size * size)], canvas[at + (2 * size * size)]) = (colour.Red, colour.Green, colour.Blue);
    }

    private static Colour Colour(ref SplitMix64 random, float low, float high) =>
        new(random.Uniform(low, high), random.Uniform(low, high), random.Uniform(low, high));

    /// <summary>Any colour that can be told from the paper, lighter or darker.</summary>
    private static Colour Contrasting(Colour paper, ref SplitMix64 random)
    {
        while (true)
        {
            var ink = Colour(ref random, 0.3f, 0.95f);
            if (ink.Luminance - paper.Luminance > 0.2f) return ink;
        }
    }

    private static float Square(float value) => value * value;
}

internal readonly record struct Colour(float Red, float Green, float Blue)
{
    public float Luminance => (0.3f * Red) + (0.59f * Green) + (0.11f * Blue);
}
