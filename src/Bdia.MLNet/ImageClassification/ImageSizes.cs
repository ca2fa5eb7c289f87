using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The size of a model's images, and what there is to say about it.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Note">A line for the log, or null.</param>
internal sealed record SizeChoice(int Width, int Height, string? Note = null);

/// <summary>Chooses the size of a model's images where the options leave a side open.</summary>
internal static class ImageSizes
{
    /// <summary>Readable images that are looked at. Those behind them are resized like all others, whatever their size.</summary>
    public const int LookedAt = 256;

    // The work for an image grows with its patches, and from some hundreds on with their square. 16 x 16 patches train on two cores.
    private const int PatchesOfSide = 16;
    private const int MostPatches = 1024;

    /// <summary>For a column whose type tells the size: that size, or one of its proportions.</summary>
    public static SizeChoice Told(int width, int height, AskedShape asked, int patch) => asked switch
    {
        { Width: { } w, Height: { } h } => new(w, h),
        { Width: { } w } => new(w, Proportional(height, w, width, patch)),
        { Height: { } h } => new(Proportional(width, h, height, patch), h),
        _ => new(width, height),
    };

    /// <summary>For images of the given sizes, of which there is one at least.</summary>
    public static SizeChoice Of(IReadOnlyList<(int Width, int Height)> sizes, AskedShape asked, int patch,
        ImageResizingEstimator.ResizingKind resizing)
    {
        var (width, height) = sizes[0];
        var same = sizes.All(size => size == sizes[0]);
        if ((asked.Width ?? asked.Height) is { } side)
            return same ? Told(width, height, asked, patch) : Square(side);

        var found = $"The images are {width}x{height} pixels";
        if (same)
        {
            if (width % patch == 0 && height % patch == 0 && Patches(width, height) <= MostPatches)
                return new SizeChoice(width, height);
            var (nearWidth, nearHeight) = (Multiple(width, patch), Multiple(height, patch));
            if (Patches(nearWidth, nearHeight) <= MostPatches)
                return new SizeChoice(nearWidth, nearHeight,
                    $"{found}, which patches of {patch}x{patch} do not fill. {Resized(nearWidth, nearHeight)}");
            found += $", which makes {Patches(nearWidth, nearHeight)} patches of {patch}x{patch}: more than train in reasonable time";
        }
        else
        {
            found = $"The images have different sizes, from {sizes.Min(size => size.Width)}x{sizes.Min(size => size.Height)} to "
                + $"{sizes.Max(size => size.Width)}x{sizes.Max(size => size.Height)} pixels";
        }
        var median = sizes.Select(size => Math.Min(size.Width, size.Height)).Order().ElementAt(sizes.Count / 2);
        var square = Math.Min(PatchesOfSide * patch, Multiple(median, patch));
        return Square(square) with { Note = $"{found}. {Resized(square, square)}" };

        string Resized(int w, int h) =>
            $"They are resized to {w}x{h} pixels ({resizing}); set ImageWidth, ImageHeight or Resizing for another size or way.";

        long Patches(int w, int h) => (long)(w / patch) * (h / patch);
    }

    private static SizeChoice Square(int side) => new(side, side);

    private static int Proportional(int side, int newOther, int other, int patch)
        => newOther == other && side % patch == 0 ? side : Multiple((double)side * newOther / other, patch);

    private static int Multiple(double side, int patch)
        => (int)Math.Max(1, Math.Round(side / patch, MidpointRounding.AwayFromZero)) * patch;
}
