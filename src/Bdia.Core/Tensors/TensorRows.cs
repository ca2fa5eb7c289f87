using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>A contiguous CPU tensor of type float32 or bfloat16, seen as rows along its last dimension.</summary>
internal readonly unsafe struct TensorRows
{
    /// <summary>
    /// Rows of a piece of work. Sums over rows are added piece by piece, so the cut must not depend on the number of threads.
    /// </summary>
    public const int Piece = 64;

    /// <exception cref="ArgumentException">The tensor is not contiguous, not on the CPU, of another type, or not of the shape that is asked
    /// for.</exception>
    public TensorRows(Tensor tensor)
    {
        if (tensor.dtype is not (ScalarType.Float32 or ScalarType.BFloat16) || tensor.dim() == 0)
            throw new ArgumentException($"Expected rows of float32 or bfloat16; got {tensor.dtype} with {tensor.dim()} dimensions.",
                nameof(tensor));
        IsBFloat16 = tensor.dtype == ScalarType.BFloat16;
        Start = IsBFloat16 ? (byte*)TensorMemory.Pointer<ushort>(tensor) : (byte*)TensorMemory.Pointer<float>(tensor);
        Length = checked((int)tensor.shape[^1]);
        Count = Length == 0 ? 0 : tensor.numel() / Length;
    }

    public byte* Start { get; }

    public bool IsBFloat16 { get; }

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => IsBFloat16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Elements of a row.</summary>
    public int Length { get; }

    /// <summary>Rows.</summary>
    public long Count { get; }

    /// <summary>Pieces of work.</summary>
    public int Pieces => checked((int)((Count + Piece - 1) / Piece));

    /// <summary>Rows of one piece.</summary>
    public int PieceRows(int piece) => (int)Math.Min(Piece, Count - (long)piece * Piece);

    /// <summary>This, if it has so many rows of such a length, and is float32 where it must be.</summary>
    /// <exception cref="ArgumentException">It has not, or is not.</exception>
    public TensorRows Require(long count, int length, bool float32)
        => Count == count && Length == length && !(float32 && IsBFloat16) ? this
            : throw new ArgumentException(
                $"Expected ({count}, {length}){(float32 ? " of float32" : "")}; got ({Count}, {Length}) of "
                + $"{(IsBFloat16 ? "bfloat16" : "float32")}.");
}
