using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Where cached keys and values lie on the CPU. Valid while their tensors are alive.</summary>
internal readonly unsafe struct KeyValueView
{
    private readonly float* keys, values;
    private readonly byte* allowed;
    private readonly long capacity;
    private readonly int count;

    /// <param name="cached">Keys and values, (2, R, H, capacity, Dh), contiguous.</param>
    /// <param name="count">Keys that are there, at least 1.</param>
    /// <param name="mask">(R, 1, 1, count), true where a key may be attended to, at least one in each row; null for all.</param>
    public KeyValueView(Tensor cached, long count, Tensor? mask)
    {
        var shape = cached.shape;
        (Rows, Heads, capacity, Size) = (shape[1], (int)shape[2], shape[3], (int)shape[4]);
        this.count = (int)count;
        keys = TensorMemory.Pointer<float>(cached);
        values = keys + Rows * Heads * capacity * Size;
        allowed = mask is null ? null : TensorMemory.Pointer<byte>(mask);
    }

    public long Rows { get; }

    public int Heads { get; }

    /// <summary>Dh.</summary>
    public int Size { get; }

    /// <summary>Multiplications of one head of one row.</summary>
    public long Work => (long)count * Size;

    /// <summary>Puts a token's keys and values of one row at a place.</summary>
    /// <param name="source">2 H Dh numbers.</param>
    public void Write(float* source, long row, long position)
    {
        for (var head = 0; head < Heads; head++, source += Size)
        {
            var place = ((row * Heads + head) * capacity + position) * Size;
            new ReadOnlySpan<float>(source, Size).CopyTo(new Span<float>(keys + place, Size));
            new ReadOnlySpan<float>(source + (long)Heads * Size, Size).CopyTo(new Span<float>(values + place, Size));
        }
    }

    /// <summary>Attends, on the calling thread.</summary>
    /// <param name="from">The first head: row times H plus head.</param>
    /// <param name="end">The head behind the last one.</param>
    /// <param name="queries">Of row 0; rows <paramref name="queryStride"/> apart begin with H Dh numbers.</param>
    /// <param name="to">Of row 0, likewise; is written.</param>
    public void Attend(long from, long end, float* queries, long queryStride, float* to, long stride)
    {
        var weights = new float[(count + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count];
        fixed (float* w = weights)
        {
            for (var i = from; i < end; i++)
            {
                var (row, head) = (i / Heads, i % Heads);
                // Cached keys and values are more than the cores' own caches hold, and runs too short for the processor to foresee the next
                // one.
                TensorMemory.Prefetch(values + i * capacity * Size, Work);
                CachedAttentionKernel.Scores(w, queries + row * queryStride + head * Size, keys + i * capacity * Size, count, Size);
                if (allowed != null) CachedAttentionKernel.Forbid(w, allowed + row * count, count);
                if (i + 1 < end) TensorMemory.Prefetch(keys + (i + 1) * capacity * Size, Work);
                CachedAttentionKernel.Softmax(w, count);
                CachedAttentionKernel.Gather(to + row * stride + head * Size, w, values + i * capacity * Size, count, Size);
            }
        }
    }
}
