using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Where cached keys and values lie on the CPU. Valid while their tensors and places are alive.</summary>
internal readonly unsafe struct KeyValueView
{
    private readonly float* memory;
    private readonly byte* allowed;
    private readonly PlaceView places;
    private readonly long rowStride;
    private readonly int count, width;

    /// <param name="cached">Keys and values of rows of memory, (M, capacity, 2, H, Dh), contiguous.</param>
    /// <param name="count">Keys that are there, at least 1.</param>
    /// <param name="mask">(M, 1, 1, count), true where a key may be attended to, at least one in each row; null for all.</param>
    /// <param name="places">Which row of memory holds the tokens of a row, and, of its first token, its mask.</param>
    public KeyValueView(Tensor cached, long count, Tensor? mask, PlaceView places = default)
    {
        var shape = cached.shape;
        (Heads, Size) = ((int)shape[3], (int)shape[4]);
        width = Heads * Size;
        rowStride = shape[1] * 2 * width;
        this.count = (int)count;
        this.places = places;
        memory = TensorMemory.Pointer<float>(cached);
        allowed = mask is null ? null : TensorMemory.Pointer<byte>(mask);
    }

    public int Heads { get; }

    /// <summary>Dh.</summary>
    public int Size { get; }

    /// <summary>Multiplications of one head of one row.</summary>
    public long Work => (long)count * Size;

    /// <summary>Puts a token's keys and values of one row at a place, in memory of its own.</summary>
    /// <param name="source">2 H Dh numbers.</param>
    public void Write(float* source, long row, long position)
        => new ReadOnlySpan<float>(source, 2 * width).CopyTo(new Span<float>(memory + row * rowStride + position * 2 * width, 2 * width));

    /// <summary>Attends, on the calling thread.</summary>
    /// <param name="from">The first head: row times H plus head.</param>
    /// <param name="end">The head behind the last one.</param>
    /// <param name="queries">Of row 0; rows <paramref name="queryStride"/> apart begin with H Dh numbers.</param>
    /// <param name="to">Of row 0, likewise; is written.</param>
    public void Attend(long from, long end, float* queries, long queryStride, float* to, long stride)
    {
        var weights = new float[(count + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count];
        var tokens = new nint[2 * count];
        fixed (float* w = weights)
        fixed (nint* t = tokens)
        {
            nint* located = t, next = t + count;
            Locate(from / Heads, located, null);
            for (var i = from; i < end;)
            {
                var row = i / Heads;
                // Cached keys and values are more than the cores' own caches hold, and lie where the processor does not foresee it.
                if ((row + 1) * Heads < end) Locate(row + 1, next, located);
                for (; i < end && i / Heads == row; i++)
                {
                    var first = (int)(i % Heads) * Size; // of the head's features
                    CachedAttentionKernel.Scores(w, queries + row * queryStride + first, (float**)located, first, count, Size);
                    if (allowed != null) CachedAttentionKernel.Forbid(w, allowed + places[row, 0] * count, count);
                    CachedAttentionKernel.Softmax(w, count);
                    CachedAttentionKernel.Gather(to + row * stride + first, w, (float**)located, width + first, count, Size);
                }

                var last = located;
                located = next;
                next = last;
            }
        }
    }

    // Finds where the tokens begin that a row looks at, and asks for those that the row before does not look at.
    private void Locate(long row, nint* tokens, nint* before)
    {
        for (var j = 0; j < count; j++)
        {
            var token = memory + places[row, j] * rowStride + (long)j * 2 * width;
            tokens[j] = (nint)token;
            if (before == null || before[j] != tokens[j]) TensorMemory.Prefetch(token, 2 * width);
        }
    }
}
