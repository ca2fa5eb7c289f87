using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

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

    // Rows in whole registers of either width.
    private readonly int lanes = (rows + Simd512.Count - 1) / Simd512.Count * Simd512.Count;

    /// <summary>How many of each row.</summary>
    public int Count => count;

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
        Run((ranking, sums, from, end) =>
        {
            using var space = new Scratch((Block, RowsAtOnce));
            var padded = space.Take(Block, RowsAtOnce);
            var paddedStride = Scratch.Stride(RowsAtOnce);
            for (var id = from; id < end; id += Block)
            {
                var ids = Math.Min(Block, end - id);
                // Logits of many rows are read in strides, and what was just computed is in no cache of this core.
                TensorMemory.Prefetch(logits + (long)(id + ids) * rows, (long)Math.Min(Block, end - id - ids) * rows);
                for (var row = 0; row < rows; row += RowsAtOnce)
                {
                    var source = logits + (long)id * rows + row;
                    if (rows - row >= RowsAtOnce)
                    {
                        Take(source, rows, row);
                        continue;
                    }

                    Pad(padded, paddedStride, source, rows, ids, rows - row);
                    Take(padded, paddedStride, row);
                }

                void Take(float* source, int stride, int row)
                {
                    Rank(ranking, sums, row, source, stride, id, ids);
                    AddExponentials<Simd256, Vector256<float>>(sums, row, source, stride, ids);
                }
            }
        });
    }

    /// <summary>
    /// Ranks the outputs of a layer, which are nowhere whole in memory: a thread ranks a block of them while it is in the core's cache. The
    /// same bits as of logits that <see cref="TransposedDenseKernel"/> gives.
    /// </summary>
    /// <param name="states">(R, inputs).</param>
    /// <param name="layer">Without its bias.</param>
    /// <param name="bias">(V), added to the product; null for none.</param>
    public void Run(float* states, int inputs, DenseWeights layer, float* bias)
    {
        if (Vector512.IsHardwareAccelerated && rows > Simd256.Count) Run<Simd512, Vector512<float>>(states, inputs, layer, bias);
        else Run<Simd256, Vector256<float>>(states, inputs, layer, bias);
    }

    private void Run<S, V>(float* states, int inputs, DenseWeights layer, float* bias) where S : struct, ISimd<V> where V : struct
    {
        using var scratch = new Scratch((inputs, rows));
        var columns = scratch.Take(inputs, rows);
        var stride = Scratch.Stride(rows);
        TransposedRows<S, V>.Read(states, inputs, rows, inputs, columns, stride);
        Run((ranking, sums, from, end) =>
        {
            using var space = new Scratch((Block, rows));
            var logits = space.Take(Block, rows);
            for (var id = from; id < end; id += Block)
            {
                var ids = Math.Min(Block, end - id);
                layer.Apply<S, V>(columns, stride, logits - (nint)id * stride, stride, rows, id, id + ids);
                for (var i = 0; bias != null && i < ids; i++) Add(logits + (long)i * stride, bias[id + i]);
                for (var row = 0; row < rows; row += RowsAtOnce) Rank(ranking, sums, row, logits + row, stride, id, ids);
                for (var row = 0; row < rows; row += S.Count) AddExponentials<S, V>(sums, row, logits + row, stride, ids);
            }
        });

        void Add(float* row, float value)
        {
            for (var r = 0; r < rows; r += S.Count) S.Store(S.Add(S.Load(row + r), S.Broadcast(value)), row + r);
        }
    }

    // Sums are those of pieces, whichever thread has them; a thread goes on with one ranking through all of its pieces, since most of what
    // is ranked at first is not among the best in the end.
    private void Run(Action<Ranking, Sums, int, int> read)
    {
        var pieces = (vocabulary + Piece - 1) / Piece;
        var (rankings, sums) = (new Ranking?[pieces], new Sums[pieces]);
        var threads = get_num_threads();
        KernelThreads.ForRanges(pieces, (pieces + threads - 1) / threads, (from, end) =>
        {
            var ranking = rankings[from] = new Ranking(lanes, count);
            for (var p = (int)from; p < end; p++)
                read(ranking, sums[p] = new Sums(lanes), p * Piece, Math.Min(vocabulary, (p + 1) * Piece));
        });
        for (var row = 0; row < rows; row++) Join(rankings, sums, row);
    }

    private static void Pad(float* to, int toStride, float* from, int stride, int ids, int real)
    {
        for (var i = 0; i < ids; i++)
            for (var lane = 0; lane < RowsAtOnce; lane++) to[i * toStride + lane] = lane < real
                ? from[(long)i * stride + lane] : float.NegativeInfinity;
    }

    // Ranks eight rows' logits of some ids, and notes the largest.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rank(Ranking ranking, Sums sums, int row, float* source, int stride, int id, int ids)
    {
        var largest = Vector256.Create(float.NegativeInfinity);
        var bound = Vector256.Create(ranking.Bounds, row);
        for (var i = 0; i < ids; i++, source += stride)
        {
            var x = Vector256.Load(source);
            largest = Vector256.Max(largest, x);
            var better = Vector256.GreaterThan(x, bound).ExtractMostSignificantBits();
            if (better == 0 || id + i < first) continue;
            for (; better != 0; better &= better - 1)
            {
                var lane = BitOperations.TrailingZeroCount(better);
                ranking.Insert(row + lane, source[lane], id + i);
            }

            bound = Vector256.Create(ranking.Bounds, row);
        }

        largest.CopyTo(sums.BlockLargest, row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddExponentials<S, V>(Sums sums, int row, float* source, int stride, int ids)
        where S : struct, ISimd<V> where V : struct
    {
        float* tops = stackalloc float[S.Count], added = stackalloc float[S.Count];
        // No smaller than the smallest number: logits that are all minus infinity add nothing.
        for (var l = 0; l < S.Count; l++) tops[l] =
            MathF.Max(MathF.Max(sums.BlockLargest[row + l], float.MinValue), sums.Largest[row + l]);
        var top = S.Load(tops);
        var total = S.Zero;
        for (var i = 0; i < ids; i++, source += stride) total = S.Add(total, SimdMath.Exp<S, V>(S.Subtract(S.Load(source), top)));
        S.Store(total, added);
        for (var l = 0; l < S.Count; l++)
        {
            if (tops[l] != sums.Largest[row + l]) sums.Values[row + l] *= Math.Exp(sums.Largest[row + l] - tops[l]);
            sums.Values[row + l] += added[l];
            sums.Largest[row + l] = tops[l];
        }
    }

    private void Join(Ranking?[] rankings, Sums[] sums, int row)
    {
        var logits = Logits.AsSpan(row * count, count);
        var ids = Ids.AsSpan(row * count, count);
        logits.Fill(float.NegativeInfinity);
        foreach (var ranking in rankings)
            for (var i = row * count; i < (row + 1) * count && ranking?.Logits[i] > logits[^1]; i++)
                Ranking.Insert(logits, ids, ranking.Logits[i], ranking.Ids[i]);
        var (largest, sum) = (float.MinValue, 0.0);
        foreach (var piece in sums) largest = MathF.Max(largest, piece.Largest[row]);
        foreach (var piece in sums) sum += piece.Values[row] * Math.Exp(piece.Largest[row] - largest);
        LogSums[row] = largest + Math.Log(sum);
    }

    // The best that a thread has found, for all rows.
    private sealed class Ranking
    {
        public readonly float[] Logits, Bounds; // the last ranked logit of each row
        public readonly int[] Ids;
        private readonly int count;

        public Ranking(int rows, int count)
        {
            this.count = count;
            (Logits, Bounds, Ids) = (new float[rows * count], new float[rows], new int[rows * count]);
            Logits.AsSpan().Fill(float.NegativeInfinity);
            Bounds.AsSpan().Fill(float.NegativeInfinity);
        }

        public void Insert(int row, float logit, int id)
        {
            var logits = Logits.AsSpan(row * count, count);
            Insert(logits, Ids.AsSpan(row * count, count), logit, id);
            Bounds[row] = logits[^1];
        }

        // Behind those that are equal, which have lower ids.
        public static void Insert(Span<float> logits, Span<int> ids, float logit, int id)
        {
            var place = logits.Length - 1;
            for (; place > 0 && logits[place - 1] < logit; place--) (logits[place], ids[place]) = (logits[place - 1], ids[place - 1]);
            (logits[place], ids[place]) = (logit, id);
        }
    }

    // What one piece of the vocabulary comes to, for all rows.
    private sealed class Sums
    {
        public readonly float[] Largest, BlockLargest; // so far; of the block at hand
        public readonly double[] Values; // of exp(logit - largest)

        public Sums(int rows)
        {
            (Largest, BlockLargest, Values) = (new float[rows], new float[rows], new double[rows]);
            Largest.AsSpan().Fill(float.MinValue);
        }
    }
}
