namespace Bdia.MLNet;

/// <summary>In which order a vector of pixels holds an image.</summary>
public enum PixelLayout
{
    /// <summary>
    /// Taken from the column's type: channels, height, width (as ExtractPixels gives) or height, width, channels (as it gives with
    /// interleavePixelColors). A vector type with a single dimension counts as <see cref="Planar"/>. The default.
    /// </summary>
    Automatic,

    /// <summary>All values of the first channel, row by row, then all of the next: (C, H, W).</summary>
    Planar,

    /// <summary>All channels of the first pixel, then of the next: (H, W, C).</summary>
    Interleaved,
}
