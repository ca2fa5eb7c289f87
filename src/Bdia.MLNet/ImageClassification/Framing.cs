using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Which part of a picture of some size is shown in which part of an image of the model's size.</summary>
/// <param name="Across">The columns.</param>
/// <param name="Down">The rows.</param>
/// <param name="Left">Columns of ground before the picture.</param>
/// <param name="Top">Rows of ground above the picture.</param>
internal sealed record Framing(AxisSampling Across, AxisSampling Down, int Left, int Top)
{
    /// <summary>As ML.NET's ResizeImages frames a picture, with the anchor in the middle.</summary>
    public static Framing Of(ImageResizingEstimator.ResizingKind kind, int width, int height, int targetWidth, int targetHeight)
    {
        var (wide, high) = ((double)width * targetHeight, (double)height * targetWidth); // compared, they say which side is too long
        if (kind == ImageResizingEstimator.ResizingKind.IsoPad)
        {
            var (shownWidth, shownHeight) = wide > high
                ? (targetWidth, Math.Max(1, (int)Math.Round(high / width)))
                : (Math.Max(1, (int)Math.Round(wide / height)), targetHeight);
            return new Framing(
                new AxisSampling(width, 0, width, shownWidth), new AxisSampling(height, 0, height, shownHeight),
                    (targetWidth - shownWidth) / 2, (targetHeight - shownHeight) / 2);
        }
        var (extentAcross, extentDown) = ((double)width, (double)height);
        if (kind == ImageResizingEstimator.ResizingKind.IsoCrop)
            (extentAcross, extentDown) = wide > high ? (high / targetHeight, extentDown) : (extentAcross, wide / targetWidth);
        return new Framing(Middle(width, extentAcross, targetWidth), Middle(height, extentDown, targetHeight), 0, 0);
    }

    // Where no pixel changes its size, none is cut in two.
    private static AxisSampling Middle(int length, double extent, int count)
    {
        var start = (length - extent) / 2;
        return new AxisSampling(length, extent == count ? Math.Floor(start) : start, extent, count);
    }
}
