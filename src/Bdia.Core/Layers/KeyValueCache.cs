using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Keys and values of one block's self-attention, for the tokens written so far: memory that grows by doubling, written in place.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private const long FirstCapacity = 16; // tokens

    private Tensor memory;

    public KeyValueCache(long rows, long heads, long size, Device device)
        => memory = empty([2, rows, heads, FirstCapacity, size], ScalarType.Float32, device).DetachFromDisposeScope();

    /// <summary>(2, R, H, capacity, Dh), keys first: a place that was not written holds anything.</summary>
    public Tensor Memory => memory;

    /// <summary>Writes keys and values of neighbouring tokens, the first at a place that is at most the number of tokens written.</summary>
    /// <param name="projected">(R, T, ...), contiguous; a token ends with its keys and values, 2 H Dh numbers.</param>
    /// <param name="position">The place of the first.</param>
    public void Write(Tensor projected, long position)
    {
        Reserve(position + projected.shape[1]);
        CachedAttention.Write(projected, memory, position);
    }

    /// <summary>Makes room for so many tokens.</summary>
    public void Reserve(long tokens)
    {
        var capacity = Capacity;
        while (capacity < tokens) capacity *= 2;
        if (capacity > Capacity) Grow(capacity);
    }

    /// <summary>Makes row i what row rows[i] was.</summary>
    public void Select(Tensor rows) => Replace(memory.index_select(1, rows));

    public void Dispose() => memory.Dispose();

    // To ask the tensor would be a call to libtorch for every block of every step.
    private long Capacity { get; set; } = FirstCapacity;

    private void Grow(long capacity)
    {
        var shape = memory.shape;
        shape[3] = capacity;
        var larger = empty(shape, ScalarType.Float32, memory.device);
        using var start = larger.narrow(3, 0, Capacity);
        start.copy_(memory);
        Replace(larger);
        Capacity = capacity;
    }

    private void Replace(Tensor by)
    {
        memory.Dispose();
        memory = by.DetachFromDisposeScope();
    }
}
