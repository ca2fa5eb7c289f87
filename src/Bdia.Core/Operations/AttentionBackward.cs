using System.Runtime.InteropServices;
using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>The backward pass of <see cref="AttentionKernel"/> on one thread.</summary>
internal sealed unsafe class AttentionBackward<S, V, E> : IDisposable
    where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
{
    private readonly AttentionShape shape;
    private readonly VisibleKeys keys;
    private readonly Scratch scratch;
    private readonly HeadPrefetch ahead;
    private readonly float* keysTransposed, valuesTransposed, keyRows, kGradient, vGradient; // of all keys
    private readonly float* queries, gradients, weights, scoreGradients, qGradient; // of a block of queries
    private readonly int block, keyStride, sizeStride;

    public AttentionBackward(AttentionShape shape)
    {
        this.shape = shape;
        keys = new VisibleKeys(shape);
        ahead = new HeadPrefetch(shape);
        this.block = AttentionParts<S, V, E>.Block(shape);
        (keyStride, sizeStride) = (Scratch.Stride(shape.Keys), Scratch.Stride(shape.Size));
        var (transposed, rows, scores, block) =
            ((shape.Size, shape.Keys), (shape.Keys, shape.Size), (this.block, shape.Keys), (this.block, shape.Size));
        scratch = new Scratch(transposed, transposed, rows, rows, rows, block, block, scores, scores, block);
        keysTransposed = scratch.Take(shape.Size, shape.Keys);
        valuesTransposed = scratch.Take(shape.Size, shape.Keys);
        keyRows = scratch.Take(shape.Keys, shape.Size);
        kGradient = scratch.Take(shape.Keys, shape.Size);
        vGradient = scratch.Take(shape.Keys, shape.Size);
        queries = scratch.Take(this.block, shape.Size);
        gradients = scratch.Take(this.block, shape.Size);
        weights = scratch.Take(this.block, shape.Keys);
        scoreGradients = scratch.Take(this.block, shape.Keys);
        qGradient = scratch.Take(this.block, shape.Size);
    }

    /// <summary>One head of one sequence.</summary>
    /// <param name="index">Sequence times heads plus head.</param>
    public void Run(long index, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* logSumExp,
        HeadRows outputGradient, HeadRows qGradient, HeadRows kGradient, HeadRows vGradient, byte* mask)
    {
        var (sequence, head) = Math.DivRem(index, shape.Heads);
        keys.Read(mask == null ? null : mask + sequence * shape.Keys);
        AttentionParts<S, V, E>.Transpose(k.Head(sequence, head), keys, shape.Size, keysTransposed, keyStride);
        AttentionParts<S, V, E>.Transpose(v.Head(sequence, head), keys, shape.Size, valuesTransposed, keyStride);
        AttentionParts<S, V, E>.Pack(k.Head(sequence, head), keys, shape.Size, keyRows, sizeStride);
        Clear(this.kGradient);
        Clear(this.vGradient);

        ahead.Clear();
        ahead.Add(q, index + 1, shape.Queries);
        ahead.Add(k, index + 1, shape.Keys);
        ahead.Add(v, index + 1, shape.Keys);
        ahead.Add(output, index + 1, shape.Queries);
        ahead.Add(outputGradient, index + 1, shape.Queries);
        ahead.Add(qGradient, index, shape.Queries);
        ahead.Add(kGradient, index, shape.Keys);
        ahead.Add(vGradient, index, shape.Keys);

        logSumExp += index * shape.Queries;
        var (queries, queryGradients) = (q.Head(sequence, head), qGradient.Head(sequence, head));
        var (results, gradients) = (output.Head(sequence, head), outputGradient.Head(sequence, head));
        for (var first = 0; first < shape.Queries; first += block)
        {
            var rows = Math.Min(block, shape.Queries - first);
            var seen = keys.Seen(first + rows - 1);
            AttentionParts<S, V, E>.Pack(queries, first, rows, shape.Size, this.queries, sizeStride);
            AttentionParts<S, V, E>.Pack(gradients, first, rows, shape.Size, this.gradients, sizeStride);
            SimdProduct<S, V>.Run(new((nint)this.queries, sizeStride, 1), keysTransposed, keyStride, weights,
                keyStride, rows, seen, shape.Size, add: false);
            SimdProduct<S, V>.Run(new((nint)this.gradients, sizeStride, 1), valuesTransposed, keyStride,
                scoreGradients, keyStride, rows, seen, shape.Size, add: false);
            for (var row = 0; row < rows; row++)
            {
                ahead.Next();
                // Σ over the keys of weight times its gradient.
                var mean = SimdRows<S, V, E>.Dot(this.gradients + row * sizeStride, results[first + row], shape.Size);
                Softmax(weights + row * keyStride, scoreGradients + row * keyStride, keys.Seen(first + row),
                    seen, logSumExp[first + row], mean);
            }

            SimdProduct<S, V>.Run(new((nint)scoreGradients, keyStride, 1), keyRows, sizeStride, this.qGradient,
                sizeStride, rows, shape.Size, seen, add: false);
            SimdProduct<S, V>.Run(new((nint)scoreGradients, 1, keyStride), this.queries, sizeStride, this.kGradient,
                sizeStride, seen, shape.Size, rows, add: true);
            SimdProduct<S, V>.Run(new((nint)weights, 1, keyStride), this.gradients, sizeStride, this.vGradient,
                sizeStride, seen, shape.Size, rows, add: true);
            for (var row = 0; row < rows; row++)
            {
                var factor = keys.Seen(first + row) == 0 ? float.NaN : 1;
                SimdRows<S, V, E>.Write(this.qGradient + row * sizeStride, factor, queryGradients[first + row], shape.Size);
            }
        }

        Scatter(this.kGradient, kGradient.Head(sequence, head));
        Scatter(this.vGradient, vGradient.Head(sequence, head));
    }

    public void Dispose() => scratch.Dispose();

    private void Clear(float* matrix) => NativeMemory.Clear(matrix, (nuint)((long)keys.Count * sizeStride * sizeof(float)));

    // Scores become weights, gradients by the weights become gradients by the products q k.
    private void Softmax(float* scores, float* gradients, int seen, int columns, float logSumExp, float mean)
    {
        var (scales, logSums, means) = (S.Broadcast(shape.Scale), S.Broadcast(-logSumExp), S.Broadcast(-mean));
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
        for (var token = 0; token < shape.Keys; token++)
        {
            if (key < keys.Count && keys.Token(key) == token) SimdRows<S, V,
                E>.Write(matrix + (long)key++ * sizeStride, 1, rows[token], shape.Size);
            else NativeMemory.Clear(rows[token], (nuint)(shape.Size * E.Size));
        }
    }
}
