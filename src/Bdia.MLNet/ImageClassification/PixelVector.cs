using Bdia.Core.ImageClassification;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>What the type of a vector column says about the images in it.</summary>
internal static class PixelVector
{
    /// <summary>The order of the pixels: asked for, or told by the type's dimensions, or <paramref name="unlessTold"/>.</summary>
    public static PixelLayout Layout(VectorDataViewType type, PixelLayout asked, PixelLayout unlessTold = PixelLayout.Planar)
    {
        if (asked != PixelLayout.Automatic)
            return asked;
        if (type.Dimensions is not [var first, _, var last])
            return unlessTold;
        return !IsChannels(first) && IsChannels(last) ? PixelLayout.Interleaved : PixelLayout.Planar;
    }

    /// <summary>
    /// Channels, height and width as the type's three dimensions give them, or null where it has another number of dimensions.
    /// </summary>
    public static ImageShape? Shape(VectorDataViewType type, PixelLayout layout) => type.Dimensions is not [var a, var b, var c] ? null
        : layout == PixelLayout.Planar ? new ImageShape(a, b, c) : new ImageShape(c, a, b);

    private static bool IsChannels(int size) => size is 1 or 3;
}
