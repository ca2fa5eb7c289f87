using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="DenseProduct.TransposedByLibtorch"/> of few rows and many outputs on the CPU, in float32 and without gradients: every weight
/// is read once and where it lies.
/// </summary>
internal static unsafe class TransposedDenseKernel
{
    private const int MostRows = 64, Share = 256; // rows whose activations stay in a core's caches; outputs

    /// <summary>
    /// Whether rows (R, inputs) fill whole registers, so that the result is written in place and no row reaches into the next, and no
    /// gradient is wanted.
    /// </summary>
    public static bool Fits(Tensor x) => !is_grad_enabled() && x.shape[0] <= MostRows && x.shape[0] % Simd256.Count == 0;

    /// <param name="x">(R, inputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    /// <returns>(outputs, R).</returns>
    public static Tensor Apply(Tensor x, Tensor weight, int? threads = null)
    {
        using var rows = x.contiguous();
        var (count, inputs, layer) = ((int)x.shape[0], (int)x.shape[1], new DenseWeights(weight, bias: null));
        var result = empty([layer.Outputs, count], ScalarType.Float32, CPU);
        float* source = TensorMemory.Pointer<float>(rows), target = TensorMemory.Pointer<float>(result);
        if (Vector512.IsHardwareAccelerated && count % Simd512.Count == 0) Run<Simd512, Vector512<float>>();
        else Run<Simd256, Vector256<float>>();
        GC.KeepAlive(rows);
        GC.KeepAlive(weight);
        return result;

        void Run<S, V>() where S : struct, ISimd<V> where V : struct
        {
            using var scratch = new Scratch((inputs, count));
            var (columns, stride) = ((nint)scratch.Take(inputs, count), Scratch.Stride(count));
            TransposedRows<S, V>.Read(source, inputs, count, inputs, (float*)columns, stride);
            KernelThreads.ForRanges(layer.Outputs, Share, (first, end) => layer.Apply<S,
                V>((float*)columns, stride, target, count, count, (int)first, (int)end), threads);
        }
    }
}
