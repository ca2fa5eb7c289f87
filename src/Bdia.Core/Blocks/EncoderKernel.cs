using System.Runtime.Intrinsics;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The standard network's blocks over few short sequences on the CPU, such as one picture: a thread takes some tokens of a sequence through
/// a whole block and meets the others once, where keys and values of all are there; weights are read where they lie. By libtorch's
/// operations, some thirty for each block, threads meet at every one, and each product rearranges weights that it uses once.
/// </summary>
/// <remarks>
/// Every number is one chain of operations in a fixed order, whatever the number of threads, the registers, and the sequences beside it.
/// Numbers differ from those of the ordinary way (<see cref="BdiaStack.Leading"/>, the oracle) as those of one product's order of summation
/// from another's; the grid may make a grid step of that.
/// </remarks>
internal static unsafe class EncoderKernel
{
    private const int MostSequences = 4, MostTokens = 128;

    /// <summary>Whether it is the faster way, and the stack one that it computes. By shapes alone, not by the number of threads.</summary>
    /// <param name="stack">In evaluation.</param>
    /// <param name="x">x_0, (B, N, D).</param>
    public static bool Fits(BdiaStack stack, Tensor x)
        => !stack.training && !is_grad_enabled() && stack.Options.InferenceGamma == 0 && CpuKernels.Serve(x, multiplies: true)
            && x.shape is [> 0 and <= MostSequences, > 0 and <= MostTokens, _]
            && stack.Residuals.All(residual => residual is TransformerBlock { IsPlainEncoder: true });

    /// <summary>x_K.</summary>
    /// <param name="stack">That fits.</param>
    /// <param name="x">x_0, (B, N, D).</param>
    /// <param name="leading">n, where the first tokens alone are wanted, at most a register's; null for all.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    /// <returns>(B, N, D), or (B, n, D).</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public static Tensor Run(BdiaStack stack, Tensor x, int? leading = null, int? threads = null)
        => Vector512.IsHardwareAccelerated ? Run<Simd512, Vector512<float>>(stack, x, leading, threads)
            : Run<Simd256, Vector256<float>>(stack, x, leading, threads);

    /// <inheritdoc cref="Run(BdiaStack, Tensor, int?, int?)"/>
    internal static Tensor Run<S, V>(BdiaStack stack, Tensor x, int? leading, int? threads) where S : struct, ISimd<V> where V : struct
    {
        using var source = x.contiguous();
        var blocks = stack.Residuals.Cast<TransformerBlock>().ToArray();
        var options = blocks[0].Options;
        var sizes = new EncoderSizes((int)x.shape[1], options.Width, options.Heads, options.FeedForwardWidth);
        var result = empty([x.shape[0], leading ?? sizes.Tokens, sizes.Width], ScalarType.Float32, CPU);
        var pass = new EncoderPass<S, V>(sizes, new EulerSteps(stack.Options), (int)x.shape[0], threads ?? get_num_threads(), leading);
        using (pass)
            pass.Run([.. blocks.Select(block => block.EncoderWeights())], TensorMemory.Pointer<float>(source),
                TensorMemory.Pointer<float>(result));
        GC.KeepAlive(source);
        GC.KeepAlive(stack);
        return result;
    }
}
