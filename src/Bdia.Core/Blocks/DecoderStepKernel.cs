using System.Runtime.Intrinsics;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// <see cref="TransformerBlock.NextByOperations"/> for one token of each row on the CPU. A thread takes its rows through the whole block,
/// so that threads meet once for a block and not once for each of its thirty operations. The bits of a row depend neither on the number of
/// threads nor on the rows beside it.
/// </summary>
internal static unsafe class DecoderStepKernel
{
    private const int MostRows = 64; // taken through the block together: their activations stay in a core's caches
    private const int EnoughRows = 16;
    private const long SmallBlock = 1 << 18; // weights: 1 MB

    /// <summary>
    /// Whether it is the faster way for x (R, T, D). By shapes alone, so that the bits do not depend on the number of threads.
    /// </summary>
    /// <remarks>
    /// Rows fewer than a register leave lanes idle and all threads but one: in large blocks that costs more than the calls to libtorch it
    /// saves (one row at width 512: a third more time), in small ones less (one row at width 128: about half the time).
    /// </remarks>
    public static bool IsFaster(Tensor x, TransformerBlockOptions options)
    {
        var products = (options.CrossAttention ? 6L : 4L) * options.Width + 2L * options.FeedForwardWidth;
        return x.shape[1] == 1 && (x.shape[0] >= EnoughRows || options.Width * products <= SmallBlock);
    }

    /// <param name="block">The block's weights.</param>
    /// <param name="x">The newest tokens' states (R, 1, D), contiguous.</param>
    /// <param name="past">What they look back at; their keys and values are written behind those of the tokens before.</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    /// <returns>h(x), (R, 1, D).</returns>
    public static Tensor Apply(BlockStep block, Tensor x, BlockPast past, int? threads = null)
    {
        var rows = (int)x.shape[0];
        past.Own.Reserve(rows, past.Position + 1);
        var result = empty_like(x);
        float* source = TensorMemory.Pointer<float>(x), target = TensorMemory.Pointer<float>(result);
        var own = new KeyValueView(past.Own.Memory, past.Position + 1, mask: null, past.Places?.View ?? default);
        var views = new StepPast(own, past.Position, past.Memory is { } memory
            ? new KeyValueView(memory, memory.shape[1], past.Mask, past.Origins?.FirstView ?? default) : default);
        var lanes = Vector512.IsHardwareAccelerated && rows > Simd256.Count ? Simd512.Count : Simd256.Count;
        var registers = (rows + lanes - 1) / lanes;
        var share = Math.Clamp(registers / (threads ?? get_num_threads()), 1, MostRows / lanes);
        KernelThreads.ForRanges(registers, share, (from, end) =>
        {
            var (first, count) = ((int)from * lanes, (int)(Math.Min(rows, end * lanes) - from * lanes));
            if (lanes == Simd512.Count) Run<Simd512, Vector512<float>>(first, count);
            else Run<Simd256, Vector256<float>>(first, count);
        }, threads);
        GC.KeepAlive(block);
        GC.KeepAlive(x);
        GC.KeepAlive(past);
        return result;

        void Run<S, V>(int first, int count) where S : struct, ISimd<V> where V : struct
        {
            using var step = new DecoderStep<S, V>(block, first, count);
            step.Run(source, views, target);
        }
    }
}
