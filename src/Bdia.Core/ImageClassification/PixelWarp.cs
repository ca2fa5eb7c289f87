namespace Bdia.Core.ImageClassification;

/// <summary>Shears, shifts and turns images about their middle.</summary>
/// <param name="shape">Of the images.</param>
/// <param name="ground">What is seen beyond an image, per channel.</param>
internal sealed class PixelWarp(ImageShape shape, IReadOnlyList<float> ground)
{
    private readonly float[] source = new float[shape.Size];

    /// <summary>
    /// Shows at each place p, counted from the middle, what stood at M p + t, between four pixels the mean of them by their nearness.
    /// </summary>
    /// <param name="pixels">(C, H, W), changed in place.</param>
    /// <param name="xx">Of M, x by x.</param>
    /// <param name="xy">Of M, x by y.</param>
    /// <param name="yx">Of M, y by x.</param>
    /// <param name="yy">Of M, y by y.</param>
    /// <param name="right">Of t, in pixels.</param>
    /// <param name="down">Of t, in pixels.</param>
    public void Apply(Span<float> pixels, double xx, double xy, double yx, double yy, double right, double down)
    {
        pixels.CopyTo(source);
        var (middleX, middleY) = ((shape.Width - 1) / 2.0, (shape.Height - 1) / 2.0);
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var (fromX, fromY) = (xx * (x - middleX) + xy * (y - middleY) + middleX + right,
                    yx * (x - middleX) + yy * (y - middleY) + middleY + down);
                var (left, top) = ((int)Math.Floor(fromX), (int)Math.Floor(fromY));
                var (rest, restDown) = ((float)(fromX - left), (float)(fromY - top));
                for (var channel = 0; channel < shape.Channels; channel++)
                {
                    var upper = (1 - rest) * At(channel, left, top) + rest * At(channel, left + 1, top);
                    var lower = (1 - rest) * At(channel, left, top + 1) + rest * At(channel, left + 1, top + 1);
                    pixels[(channel * shape.Height + y) * shape.Width + x] = (1 - restDown) * upper + restDown * lower;
                }
            }
        }
    }

    private float At(int channel, int x, int y)
        => (uint)x < (uint)shape.Width && (uint)y < (uint)shape.Height ? source[(channel * shape.Height + y) * shape.Width + x]
            : ground[channel];
}
