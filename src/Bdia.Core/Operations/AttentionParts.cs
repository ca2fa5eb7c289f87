using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>What both passes of <see cref="AttentionKernel"/> need.</summary>
internal static unsafe class AttentionParts<S, V, E> where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    private const int ScoresInCache = 16384; // 64 KB: the backward pass holds two such blocks in the second-level cache

    /// <summary>How many queries are taken at a time: by the shape alone, as the gradients' sums depend on it.</summary>
    public static int Block(AttentionShape shape)
    {
        var block = Math.Max(6, ScoresInCache / Scratch.Stride(shape.Keys) / 6 * 6);
        return Math.Min(block, Math.Max(1, shape.Queries));
    }

    /// <summary>Copies the rows of a block of queries to neighbouring rows of a matrix.</summary>
    public static void Pack(TokenRows rows, int first, int count, int size, float* matrix, int stride)
    {
        for (var row = 0; row < count; row++) SimdRows<S, V, E>.Read(rows[first + row], size, matrix + (long)row * stride);
    }

    /// <summary>Copies the rows of the visible keys to neighbouring rows of a matrix.</summary>
    public static void Pack(TokenRows rows, VisibleKeys keys, int size, float* matrix, int stride)
    {
        for (var key = 0; key < keys.Count; key++) SimdRows<S, V, E>.Read(rows[keys.Token(key)], size, matrix + (long)key * stride);
    }

    /// <summary>
    /// Copies the rows of the visible keys to columns of a matrix, and fills the last register of its rows with copies of the last one.
    /// </summary>
    public static void Transpose(TokenRows rows, VisibleKeys keys, int size, float* matrix, int stride)
    {
        var columns = (keys.Count + S.Count - 1) / S.Count * S.Count;
        for (var key = 0; key < columns; key += 4)
            SimdRows<S, V, E>.Transpose(Row(key), Row(key + 1), Row(key + 2), Row(key + 3), size, matrix + key, stride);

        byte* Row(int key) => rows[keys.Token(Math.Min(key, keys.Count - 1))];
    }
}
