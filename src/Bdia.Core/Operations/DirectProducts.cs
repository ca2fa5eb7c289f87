using System.Runtime.InteropServices;
using Bdia.Core.Native;
using Bdia.Core.Simd;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// Matrix products over memory by MKL, as libtorch brings it: for threads that each take rows of their own through several operations, and
/// so need products that nobody else takes part in. Within <see cref="KernelThreads"/> a product stays with its thread, elsewhere it takes
/// libtorch's threads.
/// </summary>
/// <remarks>
/// Of float32, and of bfloat16 with sums in float32, which are not rounded. docs/decisions/rows-of-a-step.md has the measurements.
/// </remarks>
internal static unsafe class DirectProducts
{
    // MKL adds up longer sums (above some 400 with 256-bit registers, 800 with 512) in another way within a team than for a thread alone.
    private const int LongestSum = 256;

    // Fortran's convention: columns are neighbours, so that a product of ours is asked for transposed, and all arguments are addresses.
    private static readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, void*, int*, void*, int*, float*, float*, int*,
        void> Single = Find("sgemm_"), Half = Find("gemm_bf16bf16f32_");

    /// <summary>Whether there are products of that type here which are as fast as libtorch's.</summary>
    public static bool Serve(ScalarType type) => type switch
    {
        ScalarType.Float32 => Single != null,
        ScalarType.BFloat16 => Half != null && BdiaRuntime.HasDirectBFloat16Products,
        _ => false,
    };

    /// <summary>Y = X Wᵀ, or Y += X Wᵀ; or some outputs of it.</summary>
    /// <param name="type">Of X and W; Y is float32.</param>
    /// <param name="x">rows × inputs.</param>
    /// <param name="weight">outputs × inputs.</param>
    /// <param name="y">rows × outputs.</param>
    /// <param name="add">Whether to add to what Y holds.</param>
    /// <param name="stride">From a row of Y to the next; null = outputs.</param>
    public static void Forward(ScalarType type, nint x, nint weight, float* y, int rows, int inputs, int outputs, bool add,
        int? stride = null) => Run(type, 'T', 'N', outputs, rows, inputs, weight, inputs, x, inputs, add, y, stride ?? outputs);

    /// <summary>X' = G W: the gradient by X, or by some of its columns.</summary>
    /// <param name="gradient">rows × outputs.</param>
    /// <param name="byInput">rows × inputs, float32.</param>
    /// <param name="stride">From a row of W, and of X', to the next; null = inputs.</param>
    /// <inheritdoc cref="Forward"/>
    public static void ByInput(ScalarType type, nint gradient, nint weight, float* byInput, int rows, int inputs, int outputs,
        int? stride = null)
        => Run(type, 'N', 'N', inputs, rows, outputs, weight, stride ?? inputs, gradient, outputs, add: false, byInput, stride ?? inputs);

    /// <summary>W' += Gᵀ X: the gradient by W, or by some of its outputs.</summary>
    /// <param name="gradientStride">From a row of G to the next.</param>
    /// <param name="sum">outputs × inputs, float32.</param>
    /// <inheritdoc cref="ByInput"/>
    public static void AddByWeight(ScalarType type, nint gradient, int gradientStride, nint x, float* sum, int rows, int inputs,
        int outputs) => Run(type, 'N', 'T', inputs, outputs, rows, x, inputs, gradient, gradientStride, add: true, sum, inputs);

    private static void Run(ScalarType type, char left, char right, int m, int n, int k, nint a, int aStride, nint b, int bStride,
        bool add, float* c, int cStride)
    {
        if (m == 0 || n == 0) return;
        if (KernelThreads.IsInTeam || get_num_threads() == 1)
            Take(type, left, right, m, n, k, a, aStride, b, bStride, add, c, cStride);
        else
            TakeInTeam(type, left, right, m, n, k, a, aStride, b, bStride, add, c, cStride);
    }

    // MKL would cut the product, and at times its sums, by the number of threads. A method apart, since a closure is allocated where one
    // begins.
    private static void TakeInTeam(ScalarType type, char left, char right, int m, int n, int k, nint a, int aStride, nint b, int bStride,
        bool add, float* c, int cStride)
        => KernelThreads.InTeam(() => Take(type, left, right, m, n, k, a, aStride, b, bStride, add, c, cStride));

    // In stretches of the sum over k, for which a thread alone and one of a team get the same bits.
    private static void Take(ScalarType type, char left, char right, int m, int n, int k, nint a, int aStride, nint b, int bStride,
        bool add, float* c, int cStride)
    {
        var element = type == ScalarType.BFloat16 ? BFloat16Element.Size : Float32Element.Size;
        nint aStep = (left == 'T' ? 1 : aStride) * element, bStep = (right == 'N' ? 1 : bStride) * element;
        float one = 1, beta = add ? 1 : 0;
        byte l = (byte)left, r = (byte)right;
        var product = type == ScalarType.BFloat16 ? Half : Single;
        for (var done = 0; done == 0 || done < k; done += LongestSum, beta = 1)
        {
            var count = Math.Min(LongestSum, k - done);
            product(&l, &r, &m, &n, &count, &one, (void*)(a + done * aStep), &aStride, (void*)(b + done * bStep), &bStride, &beta, c,
                &cStride);
        }
    }

    private static delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, void*, int*, void*, int*, float*, float*, int*, void> Find(
        string name)
    {
        // Elsewhere than on Linux our threads are not MKL's, which would start its own in each of ours.
        if (!KernelThreads.AreLibtorchs || !NativeLibrary.TryLoad("torch_cpu", typeof(TorchSharp.torch).Assembly, null, out var library))
            return null;
        return (delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, void*, int*, void*, int*, float*, float*, int*,
            void>)(NativeLibrary.TryGetExport(library, name, out var address) ? address : 0);
    }
}
