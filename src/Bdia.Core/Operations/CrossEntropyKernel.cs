using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="CrossEntropy.ByLibtorch"/> of one row of logits after the other, and its gradient in the place of the logits. While it lasts,
/// a row stays in the core's cache, so that the whole costs about one reading and one writing of memory, where libtorch's operations take
/// ten and four more copies.
/// </summary>
internal static unsafe class CrossEntropyKernel
{
    private const int Block = 16; // registers

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
    public static (double Sum, long Correct) Run(Tensor logits, int[] targets, int never, double smoothing, float scale)
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
        fixed (float* row = logits)
        {
            return Vector512.IsHardwareAccelerated
                ? Compute<Simd512, Vector512<float>>(row, logits.Length, target, never, smoothing, scale)
                : Compute<Simd256, Vector256<float>>(row, logits.Length, target, never, smoothing, scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Row Compute<S, V>(float* logits, int length, int target, int never, double smoothing, float scale)
        where S : struct, ISimd<V> where V : struct
    {
        var whole = length - length % S.Count;
        var max = Max<S, V>(logits, whole, length);
        var (own, spared) = (logits[target] - max, logits[never] - max);

        // Of many thousand terms, the small ones must not get lost: a few registers at a time are summed in float32, and these sums in
        // double precision.
        var (total, sum, top) = (0.0, 0.0, S.Broadcast(max));
        for (var i = 0; i < whole;)
        {
            var (exps, all) = (S.Zero, S.Zero);
            for (var end = Math.Min(whole, i + Block * S.Count); i < end; i += S.Count)
            {
                var shifted = S.Subtract(S.Load(logits + i), top);
                var exp = SimdMath.Exp<S, V>(shifted);
                S.Store(exp, logits + i);
                (exps, all) = (S.Add(exps, exp), S.Add(all, shifted));
            }

            (total, sum) = (total + S.Sum(exps), sum + S.Sum(all));
        }

        for (var i = whole; i < length; i++)
        {
            sum += logits[i] - max;
            logits[i] = MathF.Exp(logits[i] - max);
            total += logits[i];
        }

        var each = smoothing / (length - 1);
        if (scale != 0) Gradient<S, V>(logits, whole, length, (float)(scale / total), (float)(scale * each));
        if (scale != 0) logits[target] -= (float)(scale * (1 - smoothing));
        if (scale != 0) logits[never] += (float)(scale * each);
        return new Row(Math.Log(total) - (1 - smoothing) * own - each * (sum - spared), own >= 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Max<S, V>(float* logits, int whole, int length) where S : struct, ISimd<V> where V : struct
    {
        var highest = S.Broadcast(float.NegativeInfinity);
        for (var i = 0; i < whole; i += S.Count) highest = S.Max(highest, S.Load(logits + i));
        var max = float.NegativeInfinity;
        var lanes = stackalloc float[S.Count];
        S.Store(highest, lanes);
        for (var lane = 0; lane < S.Count; lane++) max = MathF.Max(max, lanes[lane]);
        for (var i = whole; i < length; i++) max = MathF.Max(max, logits[i]);
        return max;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gradient<S, V>(float* logits, int whole, int length, float factor, float each)
        where S : struct, ISimd<V> where V : struct
    {
        var (factors, less) = (S.Broadcast(factor), S.Broadcast(-each));
        for (var i = 0; i < whole; i += S.Count) S.Store(S.MultiplyAdd(S.Load(logits + i), factors, less), logits + i);
        for (var i = whole; i < length; i++) logits[i] = logits[i] * factor - each;
    }
}
