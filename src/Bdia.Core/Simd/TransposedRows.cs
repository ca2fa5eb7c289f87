namespace Bdia.Core.Simd;

/// <summary>
/// Float32 rows that lie as columns in memory, features × rows: a register holds one feature of neighbouring rows, and what is done to a
/// row neither depends on the others nor on how many there are. Matrices end in whole registers.
/// </summary>
internal static unsafe class TransposedRows<S, V> where S : struct, ISimd<V> where V : struct
{
    /// <summary>
    /// Reads rows into columns, and fills the last register with copies of the last row: numbers that are as harmless as its own.
    /// </summary>
    /// <param name="rows">count × features, rows <paramref name="rowStride"/> apart.</param>
    /// <param name="columns">features × count, features <paramref name="stride"/> apart.</param>
    public static void Read(float* rows, nint rowStride, int count, int features, float* columns, nint stride)
    {
        var whole = (count + S.Count - 1) / S.Count * S.Count;
        for (var i = 0; i < whole; i += 4) SimdRows<S, V,
            Float32Element>.Transpose(Row(i), Row(i + 1), Row(i + 2), Row(i + 3), features, columns + i, stride);

        byte* Row(int i) => (byte*)(rows + Math.Min(i, count - 1) * rowStride);
    }

    /// <summary>Writes columns as rows; up to three elements behind a row are overwritten too.</summary>
    /// <inheritdoc cref="Read"/>
    public static void Write(float* columns, nint stride, int count, int features, float* rows, nint rowStride)
    {
        for (var i = 0; i < features; i += 4) SimdRows<S, V,
            Float32Element>.Transpose(Feature(i), Feature(i + 1), Feature(i + 2), Feature(i + 3), count, rows + i, rowStride);

        byte* Feature(int i) => (byte*)(columns + Math.Min(i, features - 1) * stride);
    }

    /// <summary>to = a + b, all features × count.</summary>
    public static void Add(float* a, float* b, float* to, nint stride, int count, int features)
    {
        for (; features > 0; features--, a += stride, b += stride, to += stride)
            for (var i = 0; i < count; i += S.Count) S.Store(S.Add(S.Load(a + i), S.Load(b + i)), to + i);
    }
}
