using System.Runtime.InteropServices;
using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>The backward pass of <see cref="AttentionKernel"/> on one thread.</summary>
internal sealed unsafe class AttentionBackward<S, V, E> : IDisposable
    where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    private readonly AttentionShape _shape;
    private readonly VisibleKeys _keys;
    private readonly Scratch _scratch;
    private readonly HeadPrefetch _ahead;
    private readonly float* _keysTransposed, _valuesTransposed, _keyRows, _kGradient, _vGradient; // of all keys
    private readonly float* _queries, _gradients, _weights, _scoreGradients, _qGradient; // of a block of queries
    private readonly int _block, _keyStride, _sizeStride;

    public AttentionBackward(AttentionShape shape)
    {
        _shape = shape;
        _keys = new VisibleKeys(shape);
        _ahead = new HeadPrefetch(shape);
        _block = AttentionParts<S, V, E>.Block(shape);
        (_keyStride, _sizeStride) = (Scratch.Stride(shape.Keys), Scratch.Stride(shape.Size));
        var (transposed, rows, scores, block) = ((shape.Size, shape.Keys), (shape.Keys, shape.Size), (_block, shape.Keys), (_block, shape.Size));
        _scratch = new Scratch(transposed, transposed, rows, rows, rows, block, block, scores, scores, block);
        _keysTransposed = _scratch.Take(shape.Size, shape.Keys);
        _valuesTransposed = _scratch.Take(shape.Size, shape.Keys);
        _keyRows = _scratch.Take(shape.Keys, shape.Size);
        _kGradient = _scratch.Take(shape.Keys, shape.Size);
        _vGradient = _scratch.Take(shape.Keys, shape.Size);
        _queries = _scratch.Take(_block, shape.Size);
        _gradients = _scratch.Take(_block, shape.Size);
        _weights = _scratch.Take(_block, shape.Keys);
        _scoreGradients = _scratch.Take(_block, shape.Keys);
        _qGradient = _scratch.Take(_block, shape.Size);
    }

    /// <summary>One head of one sequence.</summary>
    /// <param name="index">Sequence times heads plus head.</param>
    public void Run(long index, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* logSumExp,
        HeadRows outputGradient, HeadRows qGradient, HeadRows kGradient, HeadRows vGradient, byte* mask)
    {
        var (sequence, head) = Math.DivRem(index, _shape.Heads);
        _keys.Read(mask == null ? null : mask + sequence * _shape.Keys);
        AttentionParts<S, V, E>.Transpose(k.Head(sequence, head), _keys, _shape.Size, _keysTransposed, _keyStride);
        AttentionParts<S, V, E>.Transpose(v.Head(sequence, head), _keys, _shape.Size, _valuesTransposed, _keyStride);
        AttentionParts<S, V, E>.Pack(k.Head(sequence, head), _keys, _shape.Size, _keyRows, _sizeStride);
        Clear(_kGradient);
        Clear(_vGradient);

        _ahead.Clear();
        _ahead.Add(q, index + 1, _shape.Queries);
        _ahead.Add(k, index + 1, _shape.Keys);
        _ahead.Add(v, index + 1, _shape.Keys);
        _ahead.Add(output, index + 1, _shape.Queries);
        _ahead.Add(outputGradient, index + 1, _shape.Queries);
        _ahead.Add(qGradient, index, _shape.Queries);
        _ahead.Add(kGradient, index, _shape.Keys);
        _ahead.Add(vGradient, index, _shape.Keys);

        logSumExp += index * _shape.Queries;
        var (queries, queryGradients) = (q.Head(sequence, head), qGradient.Head(sequence, head));
        var (results, gradients) = (output.Head(sequence, head), outputGradient.Head(sequence, head));
        for (var first = 0; first < _shape.Queries; first += _block)
        {
            var rows = Math.Min(_block, _shape.Queries - first);
            var seen = _keys.Seen(first + rows - 1);
            AttentionParts<S, V, E>.Pack(queries, first, rows, _shape.Size, _queries, _sizeStride);
            AttentionParts<S, V, E>.Pack(gradients, first, rows, _shape.Size, _gradients, _sizeStride);
            SimdProduct<S, V>.Run(new((nint)_queries, _sizeStride, 1), _keysTransposed, _keyStride, _weights, _keyStride, rows, seen, _shape.Size, add: false);
            SimdProduct<S, V>.Run(new((nint)_gradients, _sizeStride, 1), _valuesTransposed, _keyStride, _scoreGradients, _keyStride, rows, seen, _shape.Size, add: false);
            for (var row = 0; row < rows; row++)
            {
                _ahead.Next();
                // Σ over the keys of weight times its gradient.
                var mean = SimdRows<S, V, E>.Dot(_gradients + row * _sizeStride, results[first + row], _shape.Size);
                Softmax(_weights + row * _keyStride, _scoreGradients + row * _keyStride, _keys.Seen(first + row), seen, logSumExp[first + row], mean);
            }

            SimdProduct<S, V>.Run(new((nint)_scoreGradients, _keyStride, 1), _keyRows, _sizeStride, _qGradient, _sizeStride, rows, _shape.Size, seen, add: false);
            SimdProduct<S, V>.Run(new((nint)_scoreGradients, 1, _keyStride), _queries, _sizeStride, _kGradient, _sizeStride, seen, _shape.Size, rows, add: true);
            SimdProduct<S, V>.Run(new((nint)_weights, 1, _keyStride), _gradients, _sizeStride, _vGradient, _sizeStride, seen, _shape.Size, rows, add: true);
            for (var row = 0; row < rows; row++)
            {
                var factor = _keys.Seen(first + row) == 0 ? float.NaN : 1;
                SimdRows<S, V, E>.Write(_qGradient + row * _sizeStride, factor, queryGradients[first + row], _shape.Size);
            }
        }

        Scatter(_kGradient, kGradient.Head(sequence, head));
        Scatter(_vGradient, vGradient.Head(sequence, head));
    }

    public void Dispose() => _scratch.Dispose();

    private void Clear(float* matrix) => NativeMemory.Clear(matrix, (nuint)((long)_keys.Count * _sizeStride * sizeof(float)));

    // Scores become weights, gradients by the weights become gradients by the products q k.
    private void Softmax(float* scores, float* gradients, int seen, int columns, float logSumExp, float mean)
    {
        var (scales, logSums, means) = (S.Broadcast(_shape.Scale), S.Broadcast(-logSumExp), S.Broadcast(-mean));
        var i = 0;
        for (; i < seen; i += S.Count)
        {
            var weights = SimdMath.Exp<S, V>(S.MultiplyAdd(S.Load(scores + i), scales, logSums));
            var scoreGradients = S.Multiply(S.Multiply(weights, scales), S.Add(S.Load(gradients + i), means));
            if (i > seen - S.Count)
            {
                var end = S.Broadcast(seen - i);
                weights = S.SelectLess(S.Indices, end, weights, S.Zero);
                scoreGradients = S.SelectLess(S.Indices, end, scoreGradients, S.Zero);
            }

            S.Store(weights, scores + i);
            S.Store(scoreGradients, gradients + i);
        }

        for (; i < columns; i += S.Count)
        {
            S.Store(S.Zero, scores + i);
            S.Store(S.Zero, gradients + i);
        }
    }

    // To the places of the visible keys; the others get zeros.
    private void Scatter(float* matrix, TokenRows rows)
    {
        var key = 0;
        for (var token = 0; token < _shape.Keys; token++)
        {
            if (key < _keys.Count && _keys.Token(key) == token) SimdRows<S, V, E>.Write(matrix + (long)key++ * _sizeStride, 1, rows[token], _shape.Size);
            else NativeMemory.Clear(rows[token], (nuint)(_shape.Size * E.Size));
        }
    }
}
