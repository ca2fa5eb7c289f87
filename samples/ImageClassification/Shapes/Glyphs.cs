namespace Bdia.Samples.ImageClassification.Shapes;

/// <summary>
/// The ten classes. A glyph is a signed distance: negative inside, positive outside, 0 on the outline, in a frame where the
/// glyph is about one unit wide around the origin. That one function draws it at any size and angle with smooth edges.
/// </summary>
internal static class Glyphs
{
    public static readonly (string Name, Func<float, float, float> Distance)[] All =
    [
        ("disc", (x, y) => Length(x, y) - 0.8f),
        ("ring", (x, y) => MathF.Abs(Length(x, y) - 0.7f) - 0.16f),
        ("target", (x, y) => MathF.Min(Length(x, y) - 0.3f, MathF.Abs(Length(x, y) - 0.76f) - 0.16f)),
        ("triangle", (x, y) => Polygon(x, y, 3, 0.48f)),
        ("zigzag", (x, y) => Box(x, MathF.Abs(Repeat(x, 0.9f)) - 0.22f - (y * 1f), 0.9f, 0.2f)),
        ("cross", (x, y) => MathF.Min(Box(x, y, 0.9f, 0.22f), Box(x, y, 0.22f, 0.9f))),
        ("crescent", (x, y) => MathF.Max(Length(x, y) - 0.9f, 0.72f - Length(x - 0.42f, y))),
        ("stripes", (x, y) => MathF.Max(Box(x, y, 0.9f, 0.85f), MathF.Abs(Repeat(y, 0.66f)) - 0.17f)),
        ("checker", (x, y) => MathF.Min(Box(x, y, 0.28f, 0.28f), Box(MathF.Abs(x) - 0.56f, MathF.Abs(y) - 0.56f, 0.28f, 0.28f))),
        ("dots", (x, y) => Length(MathF.Abs(x) - 0.55f, MathF.Abs(y) - 0.55f) - 0.3f),
    ];

    private static float Length(float x, float y) => MathF.Sqrt((x * x) + (y * y));

    private static float Box(float x, float y, float halfWidth, float halfHeight) =>
        MathF.Max(MathF.Abs(x) - halfWidth, MathF.Abs(y) - halfHeight);

    /// <summary>A regular polygon: the distance to the side that the point's angle falls on.</summary>
    private static float Polygon(float x, float y, int sides, float inradius)
    {
        var sector = MathF.Tau / sides;
        return (Length(x, y) * MathF.Cos(Repeat(MathF.Atan2(y, x), sector))) - inradius;
    }

    /// <summary>Folds the number line into one period around 0.</summary>
    private static float Repeat(float value, float period) => value - (period * MathF.Round(value / period));
}
