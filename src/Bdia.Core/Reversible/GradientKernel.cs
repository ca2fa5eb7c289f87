using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// <see cref="StackGradients"/> over CPU memory, bit for bit: two passes, where libtorch's operations take seven.
/// </summary>
internal static unsafe class GradientKernel
{
    private const long SmallestShare = 1 << 15; // elements; below that a second thread costs more than it brings

    /// <summary>to = (1+γ) g: the gradient by h_k.</summary>
    public static void ByResidual(Tensor gradient, float[] gamma, Tensor to)
    {
        float* g = TensorMemory.Pointer<float>(gradient), target = TensorMemory.Pointer<float>(to);
        ForSamples(gradient, (sample, first, count) => Multiply(g + first, 1 + gamma[sample], target + first, count));
    }

    /// <summary>
    /// here = (1-γ) g + carried + through, the gradient by x_k, and g becomes γ g, which is carried on.
    /// </summary>
    /// <param name="carried">From the block above; null for none.</param>
    /// <param name="through">Through the residual; null for none.</param>
    /// <param name="here">Is written; may be what was carried.</param>
    public static void ByState(Tensor gradient, float[] gamma, Tensor? carried, Tensor? through, Tensor here)
    {
        float* g = TensorMemory.Pointer<float>(gradient), to = TensorMemory.Pointer<float>(here);
        float* above = carried is null ? null : TensorMemory.Pointer<float>(carried);
        float* inner = through is null ? null : TensorMemory.Pointer<float>(through);
        ForSamples(gradient, (sample, first, count) => Sum(g + first, gamma[sample], above == null ? null : above + first,
            inner == null ? null : inner + first, to + first, count));
    }

    private delegate void Pass(long sample, long first, long count);

    private static void ForSamples(Tensor gradient, Pass pass)
    {
        var (samples, elements) = (gradient.shape[0], gradient.numel());
        var size = Math.Max(1, elements / Math.Max(1, samples));
        KernelThreads.ForRanges(elements, SmallestShare, (first, end) =>
        {
            while (first < end)
            {
                var sample = first / size;
                var count = Math.Min(end, (sample + 1) * size) - first;
                pass(sample, first, count);
                first += count;
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(float* g, float factor, float* to, long count)
    {
        var i = 0L;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count) (Vector256.Load(g + i) * factor).Store(to + i);
        for (; i < count; i++) to[i] = g[i] * factor;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum(float* g, float gamma, float* carried, float* through, float* here, long count)
    {
        var kept = 1 - gamma;
        var i = 0L;
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var gradient = Vector256.Load(g + i);
            var sum = gradient * kept;
            if (carried != null) sum += Vector256.Load(carried + i);
            if (through != null) sum += Vector256.Load(through + i);
            sum.Store(here + i);
            (gradient * gamma).Store(g + i);
        }

        for (; i < count; i++)
        {
            var sum = g[i] * kept;
            if (carried != null) sum += carried[i];
            if (through != null) sum += through[i];
            here[i] = sum;
            g[i] *= gamma;
        }
    }
}
