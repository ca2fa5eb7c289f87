using System.Runtime.Intrinsics;
using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="Attention.Self"/> and <see cref="Attention.Cross"/>, softmax(Q Kᵀ / √Dh) V, on the CPU, computed in float32, forward and
/// backward. A head of a sequence is one piece of work for one thread and stays in its core's caches; of the weights, no more than a block
/// of queries is ever held, and the backward pass computes them anew from the logarithms of the sums (Dao et al. 2022, FlashAttention). The
/// bits are the same on every call with any number of threads.
/// </summary>
/// <remarks>Masks have a byte per key, (B, M); not 0 = may be attended to. A query that sees no key gives NaN.</remarks>
internal static unsafe class AttentionKernel
{
    /// <param name="q">(B, N, H, Dh), float32 or bfloat16 as are all views of a call; so is <paramref name="output"/>.</param>
    /// <param name="k">(B, M, H, Dh); so is <paramref name="v"/>.</param>
    /// <param name="output">Is written.</param>
    /// <param name="logSumExp">(B, H, N), is written: ln Σ exp(score), for the backward pass.</param>
    /// <param name="mask">null = all keys may be attended to.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    public static void Forward(AttentionShape shape, HeadRows q, HeadRows k, HeadRows v, HeadRows output,
        float* logSumExp, byte* mask = null, int? threads = null)
    {
        AreBFloat16(q, k, v, output);
        ForHeads(shape, threads, (first, end) => Forward(shape, first, end, q, k, v, output, logSumExp, mask));
    }

    /// <summary>Some heads, on the calling thread.</summary>
    /// <param name="first">Sequence times heads plus head.</param>
    /// <param name="end">The one behind the last.</param>
    public static void Forward(AttentionShape shape, long first, long end, HeadRows q, HeadRows k, HeadRows v, HeadRows output,
        float* logSumExp, byte* mask)
    {
        if (AreBFloat16(q, k, v, output)) Run<BFloat16Element>();
        else Run<Float32Element>();

        void Run<E>() where E : struct, ISimdElement
        {
            if (Vector512.IsHardwareAccelerated) Heads<Simd512, Vector512<float>, E>();
            else Heads<Simd256, Vector256<float>, E>();
        }

        void Heads<S, V, E>() where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
        {
            using var pass = new AttentionForward<S, V, E>(shape);
            for (var head = first; head < end; head++) pass.Run(head, q, k, v, output, logSumExp, mask);
        }
    }

    /// <summary>The gradients by q, k and v, of the same shapes as those, over which they may be written; they are not added to.</summary>
    /// <param name="output">What the forward pass wrote; so is <paramref name="logSumExp"/>.</param>
    /// <param name="outputGradient">Gradient by the output (B, N, H, Dh).</param>
    public static void Backward(AttentionShape shape, HeadRows q, HeadRows k, HeadRows v, HeadRows output, float* logSumExp,
        HeadRows outputGradient, HeadRows qGradient, HeadRows kGradient, HeadRows vGradient, byte* mask = null, int? threads = null)
    {
        AreBFloat16(q, k, v, output, outputGradient, qGradient, kGradient, vGradient);
        ForHeads(shape, threads, (first, end) => Backward(shape, first, end, q, k, v, output, logSumExp, outputGradient,
            qGradient, kGradient, vGradient, mask));
    }

    /// <inheritdoc cref="Forward(AttentionShape, long, long, HeadRows, HeadRows, HeadRows, HeadRows, float*, byte*)"/>
    public static void Backward(AttentionShape shape, long first, long end, HeadRows q, HeadRows k, HeadRows v, HeadRows output,
        float* logSumExp, HeadRows outputGradient, HeadRows qGradient, HeadRows kGradient, HeadRows vGradient, byte* mask)
    {
        if (AreBFloat16(q, k, v, output, outputGradient, qGradient, kGradient, vGradient)) Run<BFloat16Element>();
        else Run<Float32Element>();

        void Run<E>() where E : struct, ISimdElement
        {
            if (Vector512.IsHardwareAccelerated) Heads<Simd512, Vector512<float>, E>();
            else Heads<Simd256, Vector256<float>, E>();
        }

        void Heads<S, V, E>() where S : struct, ISimd<V> where V : struct where E : struct, ISimdElement
        {
            using var pass = new AttentionBackward<S, V, E>(shape);
            for (var head = first; head < end; head++)
                pass.Run(head, q, k, v, output, logSumExp, outputGradient, qGradient, kGradient, vGradient, mask);
        }
    }

    private static bool AreBFloat16(HeadRows q, params ReadOnlySpan<HeadRows> others)
    {
        foreach (var rows in others)
            if (rows.IsBFloat16 != q.IsBFloat16)
                throw new ArgumentException("The views must be of one type: all float32, or all bfloat16.");
        return q.IsBFloat16;
    }

    private static void ForHeads(AttentionShape shape, int? threads, Action<long, long> range)
    {
        var heads = (long)shape.Batch * shape.Heads;
        if (heads > 0) KernelThreads.ForRanges(heads, Math.Max(1, heads / (threads ?? TorchSharp.torch.get_num_threads())), range, threads);
    }
}
