using System.Runtime.CompilerServices;

namespace Bdia.Core.ImageClassification;

/// <summary>What every row must be, said in the same words wherever it is found not to be.</summary>
internal static class RowCheck
{
    /// <summary>Checks a row.</summary>
    /// <exception cref="InvalidDataException">It is not as it must be; the message names it.</exception>
    public static void Check(ImageRow row, int number, string what, ImageShape shape, int classes)
    {
        if (row.Pixels is null || row.Pixels.Length != shape.Size)
            throw new InvalidDataException($"Row {number} of the {what} data has {row.Pixels?.Length ?? 0} pixel values; images of "
                + $"{shape.Channels} x {shape.Height} x {shape.Width} need {shape.Size}. Resize it, or leave it out.");
        if (row.Label < 0 || row.Label >= classes)
            throw new InvalidDataException(
                $"Row {number} of the {what} data has label {row.Label}; with {classes} classes labels are 0..{classes - 1}. Correct "
                + "it, or raise the number of classes.");
        if (FirstNotFinite(row.Pixels) is { } at)
            throw new InvalidDataException(
                $"Row {number} of the {what} data has the value {row.Pixels[at]} at position {at}; pixels must be finite. Replace it, "
                + "or leave the row out.");
    }

    /// <summary>Position of the first NaN or infinity; null where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // few calls and long loops: for many passes they would run in part unoptimised
    public static int? FirstNotFinite(ReadOnlySpan<float> pixels)
    {
        for (var i = 0; i < pixels.Length; i++)
        {
            if (!float.IsFinite(pixels[i])) return i;
        }

        return null;
    }
}
