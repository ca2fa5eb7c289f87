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

    /// <summary>Writes one token's keys and values, (R, 1, 2, H, Dh), at a place that is at most the number of tokens written.</summary>
    public void Write(Tensor keysAndValues, long position)
    {
        using var scope = NewDisposeScope();
        if (position == Capacity) Grow();
        _memory.narrow(3, position, 1).copy_(keysAndValues.permute(2, 0, 3, 1, 4));
    }

    /// <summary>(2, R, H, capacity, Dh), keys first: a place that was not written holds anything.</summary>
    public Tensor Memory => _memory;

    /// <summary>Makes row i what row rows[i] was.</summary>
    public void Select(Tensor rows) => Replace(_memory.index_select(1, rows));

    public void Dispose() => _memory.Dispose();

    private long Capacity => _memory.shape[3];

    private void Grow()
    {
        var shape = _memory.shape;
        shape[3] *= 2;
        var larger = empty(shape, ScalarType.Float32, _memory.device);
        using var start = larger.narrow(3, 0, Capacity);
        start.copy_(_memory);
        Replace(larger);
    }

    private void Replace(Tensor memory)
    {
        _memory.Dispose();
        _memory = memory.DetachFromDisposeScope();
    }
}
