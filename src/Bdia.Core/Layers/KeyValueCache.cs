using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Keys and values of one block's self-attention, for the tokens written so far: memory that grows by a quarter, written in place. To copy
/// it now and then is little beside reading all of it in each step.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    // Tokens; odd, as it stays when it grows, so that rows do not begin at the same places of a processor's cache.
    private const long FirstCapacity = 17;

    private Tensor memory;
    private long rows, capacity = FirstCapacity; // to ask the tensor would be a call to libtorch for every block of every step

    public KeyValueCache(long rows, long heads, long size, Device device)
    {
        this.rows = rows;
        memory = empty([rows, FirstCapacity, 2, heads, size], ScalarType.Float32, device).DetachFromDisposeScope();
    }

    /// <summary>(rows, capacity, 2, H, Dh), a token's keys before its values: a place that was not written holds anything.</summary>
    public Tensor Memory => memory;

    /// <summary>Writes keys and values of neighbouring tokens, the first at a place that is at most the number of tokens written.</summary>
    /// <param name="projected">(R, T, ...), contiguous; a token ends with its keys and values, 2 H Dh numbers.</param>
    /// <param name="position">The place of the first.</param>
    public void Write(Tensor projected, long position)
    {
        Reserve(projected.shape[0], position + projected.shape[1]);
        CachedAttention.Write(projected, memory, position);
    }

    /// <summary>Makes room for so many rows and tokens; what was written stays where it is.</summary>
    public void Reserve(long rows, long tokens)
    {
        var wider = capacity;
        while (wider < tokens) wider += Math.Max(16, wider / 4) / 2 * 2;
        if (wider == capacity && rows <= this.rows) return;
        var larger = Empty(Math.Max(rows, this.rows), wider);
        using (var start = larger.narrow(0, 0, this.rows))
        using (var same = start.narrow(1, 0, capacity)) same.copy_(memory);
        Replace(larger);
    }

    /// <summary>Copies every row's tokens into its own row.</summary>
    /// <param name="places">Where they are.</param>
    public void Settle(TokenPlaces places)
    {
        using var scope = NewDisposeScope();
        var index = new long[places.Rows * places.Tokens];
        for (var row = 0; row < places.Rows; row++)
        {
            var from = places.Of(row);
            for (var j = 0; j < from.Length; j++) index[row * places.Tokens + j] = from[j] * capacity + j;
        }

        var settled = Empty(places.Rows, capacity);
        var tokens = memory.flatten(0, 1).index_select(0, tensor(index, device: memory.device));
        settled.narrow(1, 0, places.Tokens).copy_(tokens.view([places.Rows, places.Tokens, .. memory.shape[2..]]));
        Replace(settled);
    }

    public void Dispose() => memory.Dispose();

    private Tensor Empty(long rows, long capacity) => empty([rows, capacity, .. memory.shape[2..]], ScalarType.Float32, memory.device);

    private void Replace(Tensor by)
    {
        memory.Dispose();
        memory = by.DetachFromDisposeScope();
        (rows, capacity) = (memory.shape[0], memory.shape[1]);
    }
}
