using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="CachedAttention.ByLibtorch"/> of one token of each row, in one pass over CPU memory: for a single query libtorch's fused
/// kernel calls a matrix product twice for every row and head. <see cref="CachedAttention.WriteByLibtorch"/> likewise: for pieces this
/// small, what libtorch does beside copying would take longer.
/// </summary>
internal static unsafe class CachedAttentionKernel
{
    private const long SmallestShare = 1 << 16; // multiplications; below that a second thread costs more than it brings

    /// <summary>Whether these are queries of one token of each row.</summary>
    public static bool Fits(Tensor queries) => queries.shape[1] == 1;

    /// <inheritdoc cref="CachedAttention.Apply"/>
    public static Tensor Apply(Tensor queries, Tensor cached, long count, Tensor? mask)
    {
        var (view, rows) = (new KeyValueView(cached, count, mask), queries.shape[0]);
        var width = (long)view.Heads * view.Size;
        var result = empty([rows, 1, width], ScalarType.Float32, CPU);
        float* q = TensorMemory.Pointer<float>(queries), to = TensorMemory.Pointer<float>(result);
        var stride = queries.numel() / rows;
        KernelThreads.ForRanges(rows * view.Heads, Math.Max(1, SmallestShare / view.Work),
            (from, end) => view.Attend(from, end, q, stride, to, width));
        GC.KeepAlive(queries);
        GC.KeepAlive(cached);
        GC.KeepAlive(mask);
        return result;
    }

    /// <inheritdoc cref="CachedAttention.Write"/>
    public static void Write(Tensor projected, Tensor cached, long position)
    {
        var (rows, tokens) = (projected.shape[0], projected.shape[1]);
        var view = new KeyValueView(cached, position + tokens, mask: null);
        var stride = projected.numel() / (rows * tokens);
        var from = TensorMemory.Pointer<float>(projected) + stride - 2L * view.Heads * view.Size;
        for (var token = 0L; token < rows * tokens; token++)
        {
            var (row, place) = Math.DivRem(token, tokens);
            view.Write(from + token * stride, row, position + place);
        }

        GC.KeepAlive(projected);
        GC.KeepAlive(cached);
    }

    // q Kᵀ / √Dh, of the keys that begin so far behind the tokens.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scores(float* to, float* q, float** tokens, int offset, int count, int size)
    {
        var scale = 1 / MathF.Sqrt(size);
        var whole = size / Vector256<float>.Count * Vector256<float>.Count;
        var j = 0;
        // Four at once, for the sums over a register; they are added in the order of Simd256.Sum.
        for (; Sse3.IsSupported && whole == size && j <= count - 4; j += 4)
        {
            float* a = tokens[j] + offset, b = tokens[j + 1] + offset, c = tokens[j + 2] + offset, e = tokens[j + 3] + offset;
            var (sa, sb, sc, se) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var d = 0; d < size; d += Vector256<float>.Count)
            {
                var query = Vector256.Load(q + d);
                sa = Vector256.FusedMultiplyAdd(query, Vector256.Load(a + d), sa);
                sb = Vector256.FusedMultiplyAdd(query, Vector256.Load(b + d), sb);
                sc = Vector256.FusedMultiplyAdd(query, Vector256.Load(c + d), sc);
                se = Vector256.FusedMultiplyAdd(query, Vector256.Load(e + d), se);
            }

            var left = Sse3.HorizontalAdd(sa.GetLower() + sa.GetUpper(), sb.GetLower() + sb.GetUpper());
            var right = Sse3.HorizontalAdd(sc.GetLower() + sc.GetUpper(), se.GetLower() + se.GetUpper());
            (Sse3.HorizontalAdd(left, right) * scale).Store(to + j);
        }

        for (; j < count; j++)
        {
            var key = tokens[j] + offset;
            var sums = Vector256<float>.Zero;
            for (var d = 0; d < whole; d += Vector256<float>.Count) sums =
                Vector256.FusedMultiplyAdd(Vector256.Load(q + d), Vector256.Load(key + d), sums);
            var sum = Simd256.Sum(sums);
            for (var d = whole; d < size; d++) sum += q[d] * key[d];
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
        for (var j = Vector256<float>.Count; j < padded; j += Vector256<float>.Count) largest =
            Vector256.Max(largest, Vector256.Load(x + j));
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

    // The weighted sum of the values, which begin so far behind the tokens.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* to, float* weights, float** tokens, int offset, int count, int size)
    {
        var d = 0;
        for (; d <= size - 4 * Vector256<float>.Count; d += 4 * Vector256<float>.Count)
        {
            var (a, b, c, e) = (Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
            for (var j = 0; j < count; j++)
            {
                var value = tokens[j] + offset + d;
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
            for (var j = 0; j < count; j++) sum =
                Vector256.FusedMultiplyAdd(Vector256.Create(weights[j]), Vector256.Load(tokens[j] + offset + d), sum);
            sum.Store(to + d);
        }

        for (; d < size; d++)
        {
            var sum = 0f;
            for (var j = 0; j < count; j++) sum = MathF.FusedMultiplyAdd(weights[j], tokens[j][offset + d], sum);
            to[d] = sum;
        }
    }
}
