using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Where cached keys and values lie on the CPU. Valid while their tensors are alive.</summary>
internal readonly unsafe struct KeyValueView
{
    private readonly float* _keys, _values;
    private readonly byte* _allowed;
    private readonly long _capacity;
    private readonly int _count;

    /// <param name="cached">Keys and values, (2, R, H, capacity, Dh), contiguous.</param>
    /// <param name="count">Keys that are there, at least 1.</param>
    /// <param name="mask">(R, 1, 1, count), true where a key may be attended to, at least one in each row; null for all.</param>
    public KeyValueView(Tensor cached, long count, Tensor? mask)
    {
        var shape = cached.shape;
        (Rows, Heads, _capacity, Size) = (shape[1], (int)shape[2], shape[3], (int)shape[4]);
        _count = (int)count;
        _keys = TensorMemory.Pointer<float>(cached);
        _values = _keys + Rows * Heads * _capacity * Size;
        _allowed = mask is null ? null : TensorMemory.Pointer<byte>(mask);
    }

    public long Rows { get; }

    public int Heads { get; }

    /// <summary>Dh.</summary>
    public int Size { get; }

    /// <summary>Multiplications of one head of one row.</summary>
    public long Work => (long)_count * Size;

    /// <summary>Puts a token's keys and values of one row at a place.</summary>
    /// <param name="source">2 H Dh numbers.</param>
    public void Write(float* source, long row, long position)
    {
        for (var head = 0; head < Heads; head++, source += Size)
        {
            var place = ((row * Heads + head) * _capacity + position) * Size;
            new ReadOnlySpan<float>(source, Size).CopyTo(new Span<float>(_keys + place, Size));
            new ReadOnlySpan<float>(source + (long)Heads * Size, Size).CopyTo(new Span<float>(_values + place, Size));
        }
    }

    /// <summary>Attends, on the calling thread.</summary>
    /// <param name="from">The first head: row times H plus head.</param>
    /// <param name="end">The head behind the last one.</param>
    /// <param name="queries">Of row 0; rows <paramref name="queryStride"/> apart begin with H Dh numbers.</param>
    /// <param name="to">Of row 0, likewise; is written.</param>
    public void Attend(long from, long end, float* queries, long queryStride, float* to, long stride)
    {
        var weights = new float[(_count + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count];
        fixed (float* w = weights)
        {
            for (var i = from; i < end; i++)
            {
                var (row, head) = (i / Heads, i % Heads);
                // Cached keys and values are more than the cores' own caches hold, and runs too short for the processor to foresee the next one.
                TensorMemory.Prefetch(_values + i * _capacity * Size, Work);
                CachedAttentionKernel.Scores(w, queries + row * queryStride + head * Size, _keys + i * _capacity * Size, _count, Size);
                if (_allowed != null) CachedAttentionKernel.Forbid(w, _allowed + row * _count, _count);
                if (i + 1 < end) TensorMemory.Prefetch(_keys + (i + 1) * _capacity * Size, Work);
                CachedAttentionKernel.Softmax(w, _count);
                CachedAttentionKernel.Gather(to + row * stride + head * Size, w, _values + i * _capacity * Size, _count, Size);
            }
        }
    }
}
