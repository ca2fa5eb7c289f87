using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>Keys and values of one block's self-attention, for the tokens written so far: memory that grows by doubling, written in place.</summary>
internal sealed class KeyValueBuffer : IDisposable
{
    private const long FirstCapacity = 16; // tokens

    private Tensor _memory;

    public KeyValueBuffer(long rows, long heads, long size, Device device)
        => _memory = empty([2, rows, heads, FirstCapacity, size], ScalarType.Float32, device).DetachFromDisposeScope();

    /// <summary>Writes one token's keys and values at a place that is at most the number of tokens written.</summary>
    /// <param name="projected">(R, 1, ...), contiguous; a row ends with its keys and values, 2 H Dh numbers.</param>
    /// <param name="position">The place.</param>
    public void Write(Tensor projected, long position)
    {
        Reserve(position);
        if (_memory.device_type == DeviceType.CPU) Copy(projected, position);
        else
        {
            using var scope = NewDisposeScope();
            var (rows, heads, size) = (_memory.shape[1], _memory.shape[2], _memory.shape[4]);
            var keysAndValues = projected.reshape(rows, -1).narrow(1, projected.numel() / rows - 2 * heads * size, 2 * heads * size).view(rows, 1, 2, heads, size);
            _memory.narrow(3, position, 1).copy_(keysAndValues.permute(2, 0, 3, 1, 4));
        }
    }

    /// <summary>Makes room for a token at a place that is at most the number of tokens written.</summary>
    public void Reserve(long position)
    {
        if (position == Capacity) Grow();
    }

    /// <summary>(2, R, H, capacity, Dh), keys first: a place that was not written holds anything.</summary>
    public Tensor Memory => _memory;

    /// <summary>Makes row i what row rows[i] was.</summary>
    public void Select(Tensor rows) => Replace(_memory.index_select(1, rows));

    public void Dispose() => _memory.Dispose();

    private long Capacity { get; set; } = FirstCapacity;

    // For pieces this small, what libtorch does beside copying would take longer.
    private unsafe void Copy(Tensor projected, long position)
    {
        var kept = new KeptMemory(_memory, position + 1, mask: null);
        var (stride, width) = (projected.numel() / kept.Rows, 2L * kept.Heads * kept.Size);
        var from = TensorMemory.Pointer<float>(projected) + stride - width;
        for (var row = 0L; row < kept.Rows; row++) kept.Write(from + row * stride, row, position);
        GC.KeepAlive(projected);
    }

    private void Grow()
    {
        var shape = _memory.shape;
        shape[3] *= 2;
        var larger = empty(shape, ScalarType.Float32, _memory.device);
        using var start = larger.narrow(3, 0, Capacity);
        start.copy_(_memory);
        Replace(larger);
        Capacity *= 2;
    }

    private void Replace(Tensor memory)
    {
        _memory.Dispose();
        _memory = memory.DetachFromDisposeScope();
    }
}
