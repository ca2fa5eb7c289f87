using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;

namespace Bdia.Core.Decoding;

/// <summary>
/// <see cref="TopTokens.Find"/> among logits, and the logarithm of the sum of all their exponentials, in one pass over CPU memory:
/// log-probabilities of a few tokens without writing those of the whole vocabulary. A register holds one token's logits for eight rows.
/// </summary>
/// <remarks>
/// The vocabulary is cut into pieces that do not depend on the number of threads, nor does a row on its neighbours: the same logits give
/// the same bits.
/// </remarks>
/// <param name="rows">R.</param>
/// <param name="vocabulary">V.</param>
/// <param name="first">Ids below are left out of the ranking, not of the sum.</param>
/// <param name="count">How many of each row; at least 1.</param>
internal sealed unsafe class TopTokensKernel(int rows, int vocabulary, int first, int count)
{
    private const int Piece = 1024, Block = 64; // ids; a block stays in the core's nearest cache
    private const int RowsAtOnce = 8; // in a register

    private readonly int groups = (rows + RowsAtOnce - 1) / RowsAtOnce;

    /// <summary>
    /// Ids of the largest logits, (R, count), largest first, of equal ones the lower id first; without meaning where there are none.
    /// </summary>
    public int[] Ids { get; } = new int[rows * count];

    /// <summary>Their logits, (R, count); minus infinity where there are none.</summary>
    public float[] Logits { get; } = new float[rows * count];

    /// <summary>log Σ exp of the logits of each row; not a number where one of them is not, or is infinite.</summary>
    public double[] LogSums { get; } = new double[rows];

    /// <summary>Ranks.</summary>
    /// <param name="logits">(V, R).</param>
    public void Run(float* logits)
    {
        var pieces = (vocabulary + Piece - 1) / Piece;
        var parts = new Part[pieces];
        KernelThreads.For(pieces, p => parts[p] = Read(logits, p * Piece, Math.Min(vocabulary, (p + 1) * Piece)));
        for (var row = 0; row < rows; row++) Join(parts, row);
    }

    private Part Read(float* logits, int from, int end)
    {
        var part = new Part(groups * RowsAtOnce, count);
        var padded = stackalloc float[Block * RowsAtOnce];
        for (var id = from; id < end; id += Block)
        {
            var ids = Math.Min(Block, end - id);
            // Logits of many rows are read in strides, and what was just computed is in no cache of this core.
            TensorMemory.Prefetch(logits + (long)(id + ids) * rows, (long)Math.Min(Block, end - id - ids) * rows);
            for (var group = 0; group < groups; group++)
            {
                var source = logits + (long)id * rows + group * RowsAtOnce;
                var stride = rows;
                if (rows - group * RowsAtOnce < RowsAtOnce)
                {
                    Pad(padded, source, rows, ids, rows - group * RowsAtOnce);
                    source = padded;
                    stride = RowsAtOnce;
                }

                var largest = Rank(part, group * RowsAtOnce, source, stride, id, ids);
                AddExponentials(part, group * RowsAtOnce, source, stride, ids, largest);
            }
        }

        return part;
    }

    private static void Pad(float* to, float* from, int stride, int ids, int real)
    {
        for (var i = 0; i < ids; i++)
            for (var lane = 0; lane < RowsAtOnce; lane++) to[i * RowsAtOnce + lane] = lane < real
                ? from[(long)i * stride + lane] : float.NegativeInfinity;
    }

    /// <returns>The largest logit of each lane.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Vector256<float> Rank(Part part, int lane, float* source, int stride, int id, int ids)
    {
        var largest = Vector256.Create(float.NegativeInfinity);
        var bound = Bound(part, lane);
        for (var i = 0; i < ids; i++, source += stride)
        {
            var x = Vector256.Load(source);
            largest = Vector256.Max(largest, x);
            if (id + i < first || !Vector256.GreaterThanAny(x, bound)) continue;
            for (var l = 0; l < RowsAtOnce; l++)
                if (source[l] > bound[l]) Insert(part.Logits.AsSpan((lane + l) * count, count),
                    part.Ids.AsSpan((lane + l) * count, count), source[l], id + i);
            bound = Bound(part, lane);
        }

        return largest;
    }

    // The last ranked logit of each lane.
    private Vector256<float> Bound(Part part, int lane)
    {
        var bound = Vector256<float>.Zero;
        for (var l = 0; l < RowsAtOnce; l++) bound = bound.WithElement(l, part.Logits[(lane + l + 1) * count - 1]);
        return bound;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddExponentials(Part part, int lane, float* source, int stride, int ids, Vector256<float> largest)
    {
        // No smaller than the smallest number: logits that are all minus infinity add nothing.
        var top = Vector256.Max(Vector256.Max(largest, Vector256.Create(float.MinValue)), Vector256.Create(part.Largest, lane));
        var sums = Vector256<float>.Zero;
        for (var i = 0; i < ids; i++, source += stride) sums += SimdMath.Exp(Vector256.Load(source) - top);
        for (var l = 0; l < RowsAtOnce; l++)
        {
            if (top[l] != part.Largest[lane + l]) part.Sums[lane + l] *= Math.Exp(part.Largest[lane + l] - top[l]);
            part.Sums[lane + l] += sums[l];
            part.Largest[lane + l] = top[l];
        }
    }

    private void Join(Part[] parts, int row)
    {
        var logits = Logits.AsSpan(row * count, count);
        var ids = Ids.AsSpan(row * count, count);
        logits.Fill(float.NegativeInfinity);
        var (largest, sum) = (float.MinValue, 0.0);
        foreach (var part in parts)
        {
            largest = MathF.Max(largest, part.Largest[row]);
            for (var i = row * count; i < (row + 1) * count
                && part.Logits[i] > logits[^1]; i++) Insert(logits, ids, part.Logits[i], part.Ids[i]);
        }

        foreach (var part in parts) sum += part.Sums[row] * Math.Exp(part.Largest[row] - largest);
        LogSums[row] = largest + Math.Log(sum);
    }

    // Behind those that are equal, which have lower ids.
    private static void Insert(Span<float> logits, Span<int> ids, float logit, int id)
    {
        var place = logits.Length - 1;
        for (; place > 0 && logits[place - 1] < logit; place--) (logits[place], ids[place]) = (logits[place - 1], ids[place - 1]);
        (logits[place], ids[place]) = (logit, id);
    }

    // What one piece of the vocabulary comes to, for all rows.
    private sealed class Part
    {
        public readonly float[] Logits, Largest;
        public readonly double[] Sums; // of exp(logit - largest)
        public readonly int[] Ids;

        public Part(int rows, int count)
        {
            (Logits, Largest, Sums, Ids) = (new float[rows * count], new float[rows], new double[rows], new int[rows * count]);
            Logits.AsSpan().Fill(float.NegativeInfinity);
            Largest.AsSpan().Fill(float.MinValue);
        }
    }
}
