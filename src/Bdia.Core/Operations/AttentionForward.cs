using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>The forward pass of <see cref="AttentionKernel"/> on one thread.</summary>
internal sealed unsafe class AttentionForward<S, V, E> : IDisposable
    where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    private readonly AttentionShape _shape;
    private readonly VisibleKeys _keys;
    private readonly Scratch _scratch;
    private readonly HeadPrefetch _ahead;
    private readonly float* _keysTransposed, _values, _queries, _weights, _result, _factors;
    private readonly int _block, _keyStride, _sizeStride;

    public AttentionForward(AttentionShape shape)
    {
        _shape = shape;
        _keys = new VisibleKeys(shape);
        _ahead = new HeadPrefetch(shape);
        _block = AttentionParts<S, V, E>.Block(shape);
        (_keyStride, _sizeStride) = (Scratch.Stride(shape.Keys), Scratch.Stride(shape.Size));
        _scratch = new Scratch((shape.Size, shape.Keys), (shape.Keys, shape.Size), (_block, shape.Size), (_block, shape.Keys), (_block, shape.Size), (1, _block));
        _keysTransposed = _scratch.Take(shape.Size, shape.Keys);
        _values = _scratch.Take(shape.Keys, shape.Size);
        _queries = _scratch.Take(_block, shape.Size);
        _weights = _scratch.Take(_block, shape.Keys);
        _result = _scratch.Take(_block, shape.Size);
        _factors = _scratch.Take(1, _block);
    }

    /// <summary>One head of one sequence.</summary>
    /// <param name="index">Sequence times heads plus head.</param>
    public void Run(long index, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* logSumExp, byte* mask)
    {
        var (sequence, head) = Math.DivRem(index, _shape.Heads);
        _keys.Read(mask == null ? null : mask + sequence * _shape.Keys);
        AttentionParts<S, V, E>.Transpose(k.Head(sequence, head), _keys, _shape.Size, _keysTransposed, _keyStride);
        AttentionParts<S, V, E>.Pack(v.Head(sequence, head), _keys, _shape.Size, _values, _sizeStride);

        _ahead.Clear();
        _ahead.Add(q, index + 1, _shape.Queries);
        _ahead.Add(k, index + 1, _shape.Keys);
        _ahead.Add(v, index + 1, _shape.Keys);
        _ahead.Add(output, index + 1, _shape.Queries);

        logSumExp += index * _shape.Queries;
        var (queries, results) = (q.Head(sequence, head), output.Head(sequence, head));
        for (var first = 0; first < _shape.Queries; first += _block)
        {
            var rows = Math.Min(_block, _shape.Queries - first);
            var seen = _keys.Seen(first + rows - 1);
            SimdProduct<S, V>.Run(Queries(queries, first, rows), _keysTransposed, _keyStride, _weights, _keyStride, rows, seen, _shape.Size, add: false);
            for (var row = 0; row < rows; row++)
            {
                _ahead.Next();
                _factors[row] = Softmax(_weights + row * _keyStride, _keys.Seen(first + row), seen, out logSumExp[first + row]);
            }

            SimdProduct<S, V>.Run(new((nint)_weights, _keyStride, 1), _values, _sizeStride, _result, _sizeStride, rows, _shape.Size, seen, add: false);
            for (var row = 0; row < rows; row++)
                SimdRows<S, V, E>.Write(_result + row * _sizeStride, _factors[row], results[first + row], _shape.Size);
        }
    }

    public void Dispose() => _scratch.Dispose();

    // Rows of float32 are read where they are, since a copy of them takes 5 % of the pass.
    private SimdProduct<S, V>.Left Queries(TokenRows rows, int first, int count)
    {
        if (typeof(E) == typeof(Float32Element)) return new((nint)rows[first], rows.Stride / sizeof(float), 1);
        AttentionParts<S, V, E>.Pack(rows, first, count, _shape.Size, _queries, _sizeStride);
        return new((nint)_queries, _sizeStride, 1);
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

        var (max, scale) = (S.Max(largest), _shape.Scale);
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
