using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>The forward pass of <see cref="AttentionKernel"/> on one thread.</summary>
internal sealed unsafe class AttentionForward<S, V, E> : IDisposable
    where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    private readonly AttentionShape shape;
    private readonly VisibleKeys keys;
    private readonly Scratch scratch;
    private readonly HeadPrefetch ahead;
    private readonly float* keysTransposed, values, queries, weights, result, factors;
    private readonly int block, keyStride, sizeStride;

    public AttentionForward(AttentionShape shape)
    {
        this.shape = shape;
        keys = new VisibleKeys(shape);
        ahead = new HeadPrefetch(shape);
        block = AttentionParts<S, V, E>.Block(shape);
        (keyStride, sizeStride) = (Scratch.Stride(shape.Keys), Scratch.Stride(shape.Size));
        scratch = new Scratch((shape.Size, shape.Keys), (shape.Keys, shape.Size), (block, shape.Size),
            (block, shape.Keys), (block, shape.Size), (1, block));
        keysTransposed = scratch.Take(shape.Size, shape.Keys);
        values = scratch.Take(shape.Keys, shape.Size);
        queries = scratch.Take(block, shape.Size);
        weights = scratch.Take(block, shape.Keys);
        result = scratch.Take(block, shape.Size);
        factors = scratch.Take(1, block);
    }

    /// <summary>One head of one sequence.</summary>
    /// <param name="index">Sequence times heads plus head.</param>
    public void Run(long index, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* logSumExp, byte* mask)
    {
        var (sequence, head) = Math.DivRem(index, shape.Heads);
        keys.Read(mask == null ? null : mask + sequence * shape.Keys);
        AttentionParts<S, V, E>.Transpose(k.Head(sequence, head), keys, shape.Size, keysTransposed, keyStride);
        AttentionParts<S, V, E>.Pack(v.Head(sequence, head), keys, shape.Size, values, sizeStride);

        ahead.Clear();
        ahead.Add(q, index + 1, shape.Queries);
        ahead.Add(k, index + 1, shape.Keys);
        ahead.Add(v, index + 1, shape.Keys);
        ahead.Add(output, index + 1, shape.Queries);

        logSumExp += index * shape.Queries;
        var (queries, results) = (q.Head(sequence, head), output.Head(sequence, head));
        for (var first = 0; first < shape.Queries; first += block)
        {
            var rows = Math.Min(block, shape.Queries - first);
            var seen = keys.Seen(first + rows - 1);
            SimdProduct<S, V>.Run(Queries(queries, first, rows), keysTransposed, keyStride, weights, keyStride,
                rows, seen, shape.Size, add: false);
            for (var row = 0; row < rows; row++)
            {
                ahead.Next();
                factors[row] = Softmax(weights + row * keyStride, keys.Seen(first + row), seen, out logSumExp[first + row]);
            }

            SimdProduct<S, V>.Run(new((nint)weights, keyStride, 1), values, sizeStride, result, sizeStride,
                rows, shape.Size, seen, add: false);
            for (var row = 0; row < rows; row++)
                SimdRows<S, V, E>.Write(result + row * sizeStride, factors[row], results[first + row], shape.Size);
        }
    }

    public void Dispose() => scratch.Dispose();

    // Rows of float32 are read where they are, since a copy of them takes 5 % of the pass.
    private SimdProduct<S, V>.Left Queries(TokenRows rows, int first, int count)
    {
        if (typeof(E) == typeof(Float32Element)) return new((nint)rows[first], rows.Stride / sizeof(float), 1);
        AttentionParts<S, V, E>.Pack(rows, first, count, shape.Size, queries, sizeStride);
        return new((nint)queries, sizeStride, 1);
    }

    // Scores become weights before division by their sum. Returns what to multiply by instead.
    private float Softmax(float* row, int seen, int columns, out float logSumExp)
    {
        var (i, largest) = (0, S.Broadcast(float.NegativeInfinity));
        for (; i <= seen - S.Count; i += S.Count) largest = S.Max(S.Load(row + i), largest);
        if (i < seen)
        {
            var rest = S.SelectLess(S.Indices, S.Broadcast(seen - i), S.Load(row + i), S.Broadcast(float.NegativeInfinity));
            S.Store(rest, row + i);
            largest = S.Max(rest, largest);
        }

        var (max, scale) = (S.Max(largest), shape.Scale);
        var (maxima, scales, sums) = (S.Broadcast(max), S.Broadcast(scale), S.Zero);
        for (i = 0; i < seen; i += S.Count)
        {
            var weights = SimdMath.Exp<S, V>(S.Multiply(S.Subtract(S.Load(row + i), maxima), scales));
            S.Store(weights, row + i);
            sums = S.Add(sums, weights);
        }

        for (; i < columns; i += S.Count) S.Store(S.Zero, row + i);
        var sum = S.Sum(sums);
        logSumExp = max * scale + MathF.Log(sum);
        return seen == 0 ? float.NaN : 1 / sum;
    }
}
