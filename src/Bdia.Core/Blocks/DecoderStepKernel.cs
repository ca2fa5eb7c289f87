using System.Runtime.Intrinsics;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// <see cref="DecoderBlock.NextByOperations"/> on the CPU. A thread takes its rows through the whole block, so that threads meet once for a block and not
/// once for each of its thirty operations. The bits of a row depend neither on the number of threads nor on the rows beside it.
/// </summary>
internal static unsafe class DecoderStepKernel
{
    private const int MostRows = 64; // taken through the block together: their activations stay in a core's caches
    private const int EnoughRows = 16;
    private const long SmallBlock = 1 << 18; // weights: 1 MB

    /// <summary>Whether it is the faster way for x (R, 1, D). By shapes alone, so that the bits do not depend on the number of threads.</summary>
    /// <remarks>
    /// Rows fewer than a register leave lanes idle and all threads but one: in large blocks that costs more than the calls to libtorch it saves (one row at width 512: a
    /// third more time), in small ones less (one row at width 128: about half the time).
    /// </remarks>
    public static bool IsFaster(Tensor x, TransformerBlockOptions options)
        => x.shape[0] >= EnoughRows || (long)options.Width * (6L * options.Width + 2L * options.FeedForwardWidth) <= SmallBlock;

    /// <param name="x">The newest tokens' states (R, 1, D), contiguous.</param>
    /// <param name="past">Self-attention's keys and values so far; those of the newest tokens are written behind them.</param>
    /// <param name="position">Place of the newest token.</param>
    /// <param name="memory">Cross-attention's keys and values (2, R, H, S, Dh), contiguous.</param>
    /// <param name="mask">Which of the memory is real: (R, 1, 1, S).</param>
    /// <param name="threads">null = as many as libtorch uses.</param>
    /// <returns>h(x), (R, 1, D).</returns>
    public static Tensor Apply(DecoderStepWeights weights, Tensor x, KeyValueCache past, long position, Tensor memory, Tensor mask, int? threads = null)
    {
        past.Reserve(position + 1);
        var result = empty_like(x);
        var rows = (int)x.shape[0];
        float* source = TensorMemory.Pointer<float>(x), target = TensorMemory.Pointer<float>(result);
        var (own, other) = (new KeyValueView(past.Memory, position + 1, mask: null), new KeyValueView(memory, memory.shape[3], mask));
        var lanes = Vector512.IsHardwareAccelerated && rows > Simd256.Count ? Simd512.Count : Simd256.Count;
        var registers = (rows + lanes - 1) / lanes;
        var share = Math.Clamp(registers / (threads ?? get_num_threads()), 1, MostRows / lanes);
        KernelThreads.ForRanges(registers, share, (from, end) =>
        {
            var (first, count) = ((int)from * lanes, (int)(Math.Min(rows, end * lanes) - from * lanes));
            if (lanes == Simd512.Count) Run<Simd512, Vector512<float>>(first, count);
            else Run<Simd256, Vector256<float>>(first, count);
        }, threads);
        GC.KeepAlive(x);
        GC.KeepAlive(past);
        GC.KeepAlive(memory);
        GC.KeepAlive(mask);
        return result;

        void Run<S, V>(int first, int count) where S : struct, ISimd<V> where V : struct
        {
            using var step = new DecoderStep<S, V>(weights, first, count);
            step.Run(source, own, position, other, target);
        }
    }
}
