namespace Bdia.Core.Layers;

/// <summary>A view (B, N, H, Dh) of float32 elements in CPU memory; the Dh elements of a row are neighbours.</summary>
/// <param name="Start">Address of the first element.</param>
/// <param name="BatchStride">From a sequence to the next one, in elements; so are the others.</param>
internal readonly unsafe record struct HeadRows(nint Start, long BatchStride, long TokenStride, long HeadStride)
{
    /// <summary>First row of a head in a sequence; the next ones are <see cref="TokenStride"/> apart.</summary>
    public float* Head(long sequence, long head) => (float*)Start + sequence * BatchStride + head * HeadStride;
}
