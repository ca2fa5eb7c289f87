using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// What incremental decoding with a stack of blocks remembers for every row: keys and values of each block's self-attention, and, where
/// there is cross-attention, of its memory. Blocks serve any number of caches at once; a cache serves one thread at a time.
/// </summary>
internal sealed class DecodingCache : IDisposable
{
    private readonly TransformerBlock[] blocks;
    private readonly KeyValueCache[] own;
    private readonly BlockStep?[] steps;
    private readonly Tensor?[] memory; // of each block's cross-attention, (2, R, H, S, Dh)
    private Tensor? mask; // (R, 1, 1, S)
    private long[] origin; // the row that each row was at the start

    /// <param name="stack">Of causal <see cref="TransformerBlock"/>s, whose weights stay as they are while the cache is in use.</param>
    /// <param name="rows">R.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="memory">What cross-attention looks at, (R, S, D); null where there is none.</param>
    /// <param name="mask">Which of it is real, (R, S).</param>
    public DecodingCache(BdiaStack stack, long rows, Device device, Tensor? memory = null, Tensor? mask = null)
    {
        blocks = [.. stack.Residuals.Cast<TransformerBlock>()];
        own = Array.ConvertAll(blocks,
            block => new KeyValueCache(rows, block.Options.Heads, block.Options.Width / block.Options.Heads, device));
        steps = new BlockStep?[blocks.Length];
        this.memory = Array.ConvertAll(blocks, block => memory is null ? null : block.CrossKeysAndValues(memory)?.DetachFromDisposeScope());
        this.mask = mask is null ? null : BlockConditions.KeyMask(mask).DetachFromDisposeScope();
        origin = [.. Enumerable.Range(0, (int)rows).Select(row => (long)row)];
    }

    /// <summary>Rows: texts that are being written.</summary>
    public long Rows => origin.Length;

    /// <summary>Positions written so far.</summary>
    public long Length { get; private set; }

    /// <summary>h_k(x) of the tokens to be written.</summary>
    /// <param name="k">The block.</param>
    /// <param name="x">(R, T, D).</param>
    public Tensor Next(int k, Tensor x) => blocks[k].Next(x, new(own[k], Length, memory[k], mask), ref steps[k]);

    /// <summary>All blocks have written so many positions.</summary>
    public void Advance(long positions) => Length += positions;

    /// <summary>Makes row i what row rows[i] was; rows may repeat and may be fewer or more than before.</summary>
    /// <param name="rows">Each a row that there is, at least one.</param>
    public void Select(ReadOnlySpan<long> rows)
    {
        if (IsUnchanged(rows)) return;
        using var scope = NewDisposeScope();
        var index = tensor(rows.ToArray(), device: own[0].Memory.device);
        foreach (var past in own) past.Select(index);
        var before = origin;
        origin = [.. rows.ToArray().Select(row => before[row])];
        // Beam search swaps rows of the same text most of the time, whose memory is the same.
        if (origin.AsSpan().SequenceEqual(before)) return;
        for (var k = 0; k < memory.Length; k++) Replace(ref memory[k], 1, index);
        Replace(ref mask, 0, index);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (var past in own) past.Dispose();
        foreach (var step in steps) step?.Dispose();
        foreach (var keysAndValues in memory) keysAndValues?.Dispose();
        mask?.Dispose();
    }

    private bool IsUnchanged(ReadOnlySpan<long> rows)
    {
        if (rows.Length != Rows) return false;
        for (var i = 0; i < rows.Length; i++)
            if (rows[i] != i) return false;
        return true;
    }

    private static void Replace(ref Tensor? field, long dimension, Tensor index)
    {
        if (field is null) return;
        var selected = field.index_select(dimension, index).DetachFromDisposeScope();
        field.Dispose();
        field = selected;
    }
}
