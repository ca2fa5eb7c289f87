using System.Runtime.InteropServices;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>The best tokens of each row: greatest value first, of equal values the lower id first.</summary>
internal sealed class TopTokens
{
    private readonly double[] values;
    private readonly int[] ids;

    private TopTokens(int count, double[] values, int[] ids) => (Count, this.values, this.ids) = (count, values, ids);

    /// <summary>Tokens of each row.</summary>
    public int Count { get; }

    public ReadOnlySpan<double> Values(int row) => values.AsSpan(row * Count, Count);

    public ReadOnlySpan<int> Ids(int row) => ids.AsSpan(row * Count, Count);

    /// <summary>
    /// Finds the log-probabilities of the most probable tokens that may be written: of the whole vocabulary, so that they are the network's
    /// own, without padding and start token.
    /// </summary>
    /// <param name="logits">(R, V), float32; read fastest where the logits of a token lie together in memory.</param>
    /// <param name="count">How many; at most as many as there are are found. Log-probabilities are not numbers where a logit is not
    /// finite.</param>
    public static TopTokens FindInLogits(Tensor logits, int count)
    {
        if (!CpuKernels.Serve(logits))
        {
            using var all = LogProbabilities(logits);
            return Find(all, count);
        }

        return Of(Rank(logits, Math.Min(count, (int)logits.shape[1] - SpecialTokens.End)));
    }

    /// <summary>The same of the logits that a product gives, which are not written down where a kernel serves.</summary>
    /// <param name="states">(R, D), without a graph.</param>
    /// <param name="output">The product.</param>
    /// <inheritdoc cref="FindInLogits"/>
    public static unsafe TopTokens FindInProduct(Tensor states, OutputProduct output, int count)
    {
        using var scope = NewDisposeScope();
        if (output.Precision != ComputePrecision.Float32 || !CpuKernels.Serve(states, multiplies: true))
            return FindInLogits(output.TransposedLogits(states), count);
        var rows = states.contiguous();
        var (vocabulary, inputs) = ((int)output.Weight.shape[0], (int)output.Weight.shape[1]);
        var ranking = new TopTokensKernel((int)rows.shape[0], vocabulary, SpecialTokens.End,
            Math.Min(count, vocabulary - SpecialTokens.End));
        ranking.Run(TensorMemory.Pointer<float>(rows), inputs, new(output.Weight, bias: null),
            output.Bias is null ? null : TensorMemory.Pointer<float>(output.Bias));
        GC.KeepAlive(rows);
        GC.KeepAlive(output.Weight);
        GC.KeepAlive(output.Bias);
        return Of(ranking);
    }

    /// <summary>
    /// The log-probabilities of all tokens in double precision, (R, V), with the same bits; minus infinity for padding and start token.
    /// </summary>
    public static Tensor LogProbabilities(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var logProbabilities = logits.to(float64);
        logProbabilities = CpuKernels.Serve(logits) ? logProbabilities.sub(tensor(Rank(logits, 1).LogSums, [logits.shape[0], 1]))
            : logProbabilities.log_softmax(1);
        // The two are the ids below that of the end token.
        using var never = logProbabilities.narrow(1, 0, SpecialTokens.End);
        TensorMath.With(double.NegativeInfinity, never.fill_);
        return logProbabilities.MoveToOuterDisposeScope();
    }

    /// <summary>Finds them by libtorch, on any device. Values that are not numbers come first.</summary>
    /// <param name="scores">(R, V).</param>
    /// <param name="count">How many; at most V are found.</param>
    public static TopTokens Find(Tensor scores, int count)
    {
        using var scope = NewDisposeScope();
        var vocabulary = (int)scores.shape[1];
        count = Math.Min(count, vocabulary);
        // Of equal values max takes the first; topk takes any, so that it is asked for one more, which shows whether the last place is
        // contested.
        var (values, ids) = count == 1 ? scores.max(1, keepdim: true) : scores.topk(Math.Min(count + 1, vocabulary), 1);
        var found = (int)values.shape[1];
        var numbers = cat([values.to(float64), ids.to(float64)], 1).cpu(); // one copy to the host; ids are exact in double precision
        var top = new TopTokens(count, new double[scores.shape[0] * count], new int[scores.shape[0] * count]);
        var row = 0;
        for (var rest = MemoryMarshal.Cast<byte, double>(numbers.bytes); !rest.IsEmpty; rest = rest[(2 * found)..], row++)
        {
            var rowValues = top.values.AsSpan(row * count, count);
            var rowIds = top.ids.AsSpan(row * count, count);
            rest[..count].CopyTo(rowValues);
            for (var i = 0; i < count; i++) rowIds[i] = (int)rest[found + i];
            var last = rowValues[^1];
            if (found > count && rest[count] == last && last > double.NegativeInfinity) TakeLowestIds(scores, row, rowValues, rowIds);
            OrderTies(rowValues, rowIds);
        }

        return top;
    }

    private static TopTokens Of(TopTokensKernel ranking)
    {
        var values = new double[ranking.Logits.Length];
        for (var i = 0; i < values.Length; i++) values[i] = ranking.Logits[i] - ranking.LogSums[i / ranking.Count];
        return new TopTokens(ranking.Count, values, ranking.Ids);
    }

    private static unsafe TopTokensKernel Rank(Tensor logits, int count)
    {
        using var scope = NewDisposeScope();
        var columns = logits.t().contiguous(); // (V, R)
        var ranking = new TopTokensKernel((int)columns.shape[1], (int)columns.shape[0], SpecialTokens.End, count);
        ranking.Run(TensorMemory.Pointer<float>(columns));
        GC.KeepAlive(columns);
        return ranking;
    }

    /// <summary>Gives the places of the last value to the lowest ids that have it.</summary>
    private static void TakeLowestIds(Tensor scores, int row, ReadOnlySpan<double> values, Span<int> ids)
    {
        using var scope = NewDisposeScope();
        var first = values.IndexOf(values[^1]);
        var tied = TensorMath.With(values[^1], value => scores[row].eq(value)).nonzero().cpu(); // (ties, 1), ascending
        var places = MemoryMarshal.Cast<byte, long>(tied.bytes);
        for (var i = first; i < ids.Length; i++) ids[i] = (int)places[i - first];
    }

    private static void OrderTies(ReadOnlySpan<double> values, Span<int> ids)
    {
        for (int start = 0, end; start < ids.Length; start = end)
        {
            for (end = start + 1; end < ids.Length && values[end] == values[start];) end++;
            if (end - start > 1) ids[start..end].Sort();
        }
    }
}
