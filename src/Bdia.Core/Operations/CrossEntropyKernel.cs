using System.Numerics;
using System.Runtime.InteropServices;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="CrossEntropy.ByLibtorch"/> of one row of logits after the other, and its gradient in the place of the logits. While it lasts,
/// a row stays in the core's cache, so that the whole costs about one reading and one writing of memory, where libtorch's operations take
/// ten and four more copies.
/// </summary>
internal static class CrossEntropyKernel
{
    /// <summary>What a row comes to.</summary>
    /// <param name="Loss">In nats.</param>
    /// <param name="Correct">Whether no other logit is larger than that of the target.</param>
    public readonly record struct Row(double Loss, bool Correct);

    /// <summary>
    /// All rows, shared among threads; their losses are added in order, so that no result depends on the number of threads.
    /// </summary>
    /// <param name="logits">(N, V), float32, contiguous; overwritten.</param>
    /// <param name="targets">The N right classes.</param>
    /// <param name="never">A class that takes no part in smoothing.</param>
    /// <param name="smoothing">Share of the target probability that is spread evenly over all other classes and the right one.</param>
    /// <param name="scale">Factor of the gradient; 0 = no gradient is wanted.</param>
    public static unsafe (double Sum, long Correct) Run(Tensor logits, int[] targets, int never, double smoothing, float scale)
    {
        var (memory, width) = ((nint)TensorMemory.Pointer<float>(logits), (int)logits.shape[1]);
        var rows = new Row[targets.Length];
        KernelThreads.For(targets.Length,
            i => rows[i] = Compute(new Span<float>((float*)memory + (long)i * width, width), targets[i], never, smoothing, scale));
        GC.KeepAlive(logits);
        var (sum, correct) = (0.0, 0L);
        foreach (var row in rows)
        {
            sum += row.Loss;
            if (row.Correct) correct++;
        }

        return (sum, correct);
    }

    /// <summary>The loss of a row.</summary>
    /// <param name="logits">The row; overwritten, by the gradient where that is wanted.</param>
    /// <param name="target">The right class.</param>
    /// <param name="never">A class that takes no part in smoothing.</param>
    /// <param name="smoothing">Share of the target probability that is spread evenly over all other classes and the right one.</param>
    /// <param name="scale">Factor of the gradient; 0 = no gradient is wanted.</param>
    public static Row Compute(Span<float> logits, int target, int never, double smoothing, float scale)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(logits);
        var rest = logits[(vectors.Length * Vector<float>.Count)..];
        var max = Max(vectors, rest);
        var (own, spared) = (logits[target] - max, logits[never] - max);

        // Sums in double precision: of many thousand terms, the small ones must not get lost.
        var (low, high, sumLow, sumHigh) = (Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero);
        var top = new Vector<float>(max);
        for (var i = 0; i < vectors.Length; i++)
        {
            var shifted = vectors[i] - top;
            Vector.Widen(shifted, out var a, out var b);
            (sumLow, sumHigh) = (sumLow + a, sumHigh + b);
            var exp = Vector.Exp(shifted);
            vectors[i] = exp;
            Vector.Widen(exp, out a, out b);
            (low, high) = (low + a, high + b);
        }

        var (total, sum) = (Vector.Sum(low + high), Vector.Sum(sumLow + sumHigh));
        for (var i = 0; i < rest.Length; i++)
        {
            sum += rest[i] - max;
            rest[i] = MathF.Exp(rest[i] - max);
            total += rest[i];
        }

        var each = smoothing / (logits.Length - 1);
        if (scale != 0) Gradient(vectors, rest, (float)(scale / total), (float)(scale * each));
        if (scale != 0) logits[target] -= (float)(scale * (1 - smoothing));
        if (scale != 0) logits[never] += (float)(scale * each);
        return new Row(Math.Log(total) - (1 - smoothing) * own - each * (sum - spared), own >= 0);
    }

    private static float Max(ReadOnlySpan<Vector<float>> vectors, ReadOnlySpan<float> rest)
    {
        var highest = new Vector<float>(float.NegativeInfinity);
        foreach (var vector in vectors) highest = Vector.Max(highest, vector);
        var max = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++) max = MathF.Max(max, highest[lane]);
        foreach (var value in rest) max = MathF.Max(max, value);
        return max;
    }

    private static void Gradient(Span<Vector<float>> vectors, Span<float> rest, float factor, float each)
    {
        var (f, e) = (new Vector<float>(factor), new Vector<float>(each));
        foreach (ref var vector in vectors) vector = vector * f - e;
        foreach (ref var value in rest) value = value * factor - each;
    }
}
