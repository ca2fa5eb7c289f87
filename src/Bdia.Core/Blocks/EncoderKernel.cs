using System.Runtime.Intrinsics;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// <see cref="Encoder.ByStack"/> in evaluation on the CPU: a thread takes a sequence through all blocks and meets nobody. Of sequences
/// fewer than threads, such as one picture, it takes some tokens through a whole block and meets the others once, where keys and values of
/// all are there. Weights are read where they lie. By libtorch's operations, some thirty for each block, threads meet at every one, what
/// one wrote the next one reads from a farther cache, and each product rearranges its weights first.
/// </summary>
/// <remarks>
/// Every number is one chain of operations in a fixed order, whatever the number of threads, the registers, and the sequences beside it.
/// Numbers differ from those of the ordinary way as those of one product's order of summation from another's; the grid may make a grid
/// step of that.
/// </remarks>
internal static unsafe class EncoderKernel
{
    private const int MostTokens = 320; // the weights of a head, tokens × tokens, stay in a core's own caches
    private const long SmallBlock = 1 << 19; // weights: 2 MB
    private const int FewTokens = 512; // of all sequences

    /// <summary>
    /// Whether the stack is one that it computes, and sequences are short enough for it to be the faster way; of large blocks, whose
    /// weights come from memory anew for each sequence, also few enough. By shapes alone, not by the number of threads.
    /// </summary>
    /// <param name="stack">In evaluation.</param>
    /// <param name="x">x_0, (B, N, D).</param>
    public static bool Fits(BdiaStack stack, Tensor x)
        => !stack.training && !is_grad_enabled() && stack.Options.InferenceGamma == 0 && x.shape is [> 0, > 0 and <= MostTokens, _]
            && stack.Residuals[0] is TransformerBlock first
            && stack.Residuals.All(residual => residual is TransformerBlock { IsPlainEncoder: true } block && Sizes(block) == Sizes(first))
            && (Sizes(first).Weights <= SmallBlock || x.shape[0] * x.shape[1] <= FewTokens);

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
        var sizes = Sizes(blocks[0]) with { Tokens = (int)x.shape[1] };
        stack.Spare.Clear();
        var result = empty([x.shape[0], leading ?? sizes.Tokens, sizes.Width], ScalarType.Float32, CPU);
        var weights = blocks.Select(block => block.EncoderWeights()).ToArray();
        var steps = new EulerSteps(stack.Options);
        var (sequences, team) = ((int)x.shape[0], threads ?? get_num_threads());
        var shared = sequences % team; // the others go in equal shares
        float* from = TensorMemory.Pointer<float>(source), to = TensorMemory.Pointer<float>(result);
        long stride = (long)sizes.Tokens * sizes.Width, resultStride = result.shape[1] * sizes.Width;
        var magnitudes = Enumerable.Range(0, team + 1).Select(_ => new float[blocks.Length + 1]).ToArray();
        if (sequences > shared)
        {
            KernelThreads.For(team, worker =>
            {
                using var pass = new EncoderPass<S, V>(sizes, steps, sequences: 1, threads: 1, leading);
                var share = sequences / team;
                for (var i = worker * share; i < (worker + 1) * share; i++)
                    pass.Run(weights, from + i * stride, to + i * resultStride, magnitudes[worker]);
            }, team);
        }

        if (shared > 0)
        {
            using var pass = new EncoderPass<S, V>(sizes, steps, shared, team, leading);
            pass.Run(weights, from + (sequences - shared) * stride, to + (sequences - shared) * resultStride, magnitudes[team]);
        }

        GC.KeepAlive(source);
        GC.KeepAlive(stack);
        // As the ordinary way tells: x_0 and the first step by the first block.
        for (var k = 0; k <= blocks.Length; k++)
            foreach (var largest in magnitudes) steps.Check(Math.Max(0, k - 1), largest[k]);
        return result;
    }

    private static EncoderSizes Sizes(TransformerBlock block)
        => new(0, block.Options.Width, block.Options.Heads, block.Options.FeedForwardWidth);
}
