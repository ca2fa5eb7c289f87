using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>A view (B, N, H, Dh) in CPU memory; the Dh elements of a row are neighbours.</summary>
/// <param name="Start">Address of the first element.</param>
/// <param name="IsBFloat16">Whether its elements are bfloat16, and not float32.</param>
/// <param name="BatchStride">From a sequence to the next one, in elements; so are the others.</param>
internal readonly record struct HeadRows(nint Start, bool IsBFloat16, long BatchStride, long TokenStride, long HeadStride)
{
    /// <summary>Bytes of an element.</summary>
    public int ElementSize => IsBFloat16 ? BFloat16Element.Size : Float32Element.Size;

    /// <summary>What belongs to one head in one sequence.</summary>
    public TokenRows Head(long sequence, long head)
        => new(Start + (nint)((sequence * BatchStride + head * HeadStride) * ElementSize), (nint)(TokenStride * ElementSize));
}

/// <summary>The rows of a head in a sequence, one per token.</summary>
/// <param name="Start">Address of the first one.</param>
/// <param name="Stride">From a row to the next one, in bytes.</param>
internal readonly unsafe record struct TokenRows(nint Start, nint Stride)
{
    /// <summary>Address of a token's row.</summary>
    public byte* this[int token] => (byte*)(Start + token * Stride);
}
