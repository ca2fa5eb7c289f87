using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// softmax(q Kᵀ / √Dh) V of one query per row and head over kept keys and values, in one pass over CPU memory: for a single query libtorch's
/// fused kernel calls a matrix product twice for every row and head. <see cref="Attention.Kept"/> is its reference, and what other devices use.
/// </summary>
internal static unsafe class KeptAttention
{
    private const long SmallestShare = 1 << 16; // multiplications; below that a second thread costs more than it brings

    /// <summary>Attends.</summary>
    /// <param name="queries">(R, 1, ...), contiguous; a row begins with its query, H times Dh numbers.</param>
    /// <param name="kept">Keys and values, (2, R, H, capacity, Dh), contiguous.</param>
    /// <param name="count">Keys that are there, at least 1.</param>
    /// <param name="mask">(R, 1, 1, count), true where a key may be attended to, at least one in each row; null for all.</param>
    /// <returns>(R, 1, H Dh).</returns>
    public static Tensor Apply(Tensor queries, Tensor kept, long count, Tensor? mask)
    {
        if (kept.device_type != DeviceType.CPU) return ByLibtorch(queries, kept, count, mask);
        var memory = new KeptMemory(kept, count, mask);
        var width = (long)memory.Heads * memory.Size;
        var result = empty([memory.Rows, 1, width], ScalarType.Float32);
        float* q = TensorMemory.Pointer<float>(queries), to = TensorMemory.Pointer<float>(result);
        var stride = queries.numel() / memory.Rows;
        KernelThreads.ForRanges(memory.Rows * memory.Heads, Math.Max(1, SmallestShare / memory.Work), (from, end) => memory.Attend(from, end, q, stride, to, width));
        GC.KeepAlive(queries);
        GC.KeepAlive(kept);
        GC.KeepAlive(mask);
        return result;
    }

    private static Tensor ByLibtorch(Tensor queries, Tensor kept, long count, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var (heads, size) = (kept.shape[2], kept.shape[4]);
        var q = queries.view(queries.shape[0], 1, -1).narrow(2, 0, heads * size).view(-1, 1, heads, size);
        var written = kept.narrow(3, 0, count);
        return Attention.Kept(q, written.select(0, 0), written.select(0, 1), mask).MoveToOuterDisposeScope();
    }

    // q Kᵀ / √Dh.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scores(float* to, float* q, float* keys, int count, int size)
    {
        var scale = 1 / MathF.Sqrt(size);
        var whole = size / Vector256<float>.Count * Vector256<float>.Count;
        for (var j = 0; j < count; j++, keys += size)
        {
            var sums = Vector256<float>.Zero;
            for (var d = 0; d < whole; d += Vector256<float>.Count) sums = Vector256.FusedMultiplyAdd(Vector256.Load(q + d), Vector256.Load(keys + d), sums);
            var sum = Simd256.Sum(sums);
            for (var d = whole; d < size; d++) sum += q[d] * keys[d];
            to[j] = sum * scale;
        }
    }

    internal static void Forbid(float* scores, byte* allowed, int count)
    {
        for (var j = 0; j < count; j++)
            if (allowed[j] == 0) scores[j] = float.NegativeInfinity;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Softmax(float* x, int count)
    {
        var padded = (count + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
        for (var j = count; j < padded; j++) x[j] = float.NegativeInfinity;
        var largest = Vector256.Load(x);
        for (var j = Vector256<float>.Count; j < padded; j += Vector256<float>.Count) largest = Vector256.Max(largest, Vector256.Load(x + j));
        var max = Vector256.Create(Simd256.Max(largest));
        var sums = Vector256<float>.Zero;
        for (var j = 0; j < padded; j += Vector256<float>.Count)
        {
            var exp = SimdMath.Exp(Vector256.Load(x + j) - max);
            exp.Store(x + j);
            sums += exp;
        }

        var factor = Vector256.Create(1 / Simd256.Sum(sums));
        for (var j = 0; j < padded; j += Vector256<float>.Count) (Vector256.Load(x + j) * factor).Store(x + j);
    }

    // The weighted sum of the values.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* to, float* weights, float* values, int count, int size)
    {
        var d = 0;
        for (; d <= size - 4 * Vector256<float>.Count; d += 4 * Vector256<float>.Count)
        {
            var (a, b, c, e) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            var value = values + d;
            for (var j = 0; j < count; j++, value += size)
            {
                var weight = Vector256.Create(weights[j]);
                a = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value), a);
                b = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 8), b);
                c = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 16), c);
                e = Vector256.FusedMultiplyAdd(weight, Vector256.Load(value + 24), e);
            }

            a.Store(to + d);
            b.Store(to + d + 8);
            c.Store(to + d + 16);
            e.Store(to + d + 24);
        }

        for (; d <= size - Vector256<float>.Count; d += Vector256<float>.Count)
        {
            var sum = Vector256<float>.Zero;
            for (var j = 0; j < count; j++) sum = Vector256.FusedMultiplyAdd(Vector256.Create(weights[j]), Vector256.Load(values + (long)j * size + d), sum);
            sum.Store(to + d);
        }

        for (; d < size; d++)
        {
            var sum = 0f;
            for (var j = 0; j < count; j++) sum = MathF.FusedMultiplyAdd(weights[j], values[(long)j * size + d], sum);
            to[d] = sum;
        }
    }
}
