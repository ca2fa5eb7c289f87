using Bdia.Core.Layers;
using Bdia.Core.Operations;
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
    private readonly Tensor?[] memory; // of each block's cross-attention, (rows at the start, S, 2, H, Dh)
    private readonly TokenPlaces places, origins; // of the tokens written, and of the memory, as if it were one token
    private Tensor? mask; // (rows at the start, 1, 1, S)

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
        (places, origins) = (new((int)rows), new((int)rows));
        origins.Write(0, 1);
    }

    /// <summary>Rows: texts that are being written.</summary>
    public long Rows => places.Rows;

    /// <summary>Positions written so far.</summary>
    public long Length { get; private set; }

    /// <summary>h_k(x) of the tokens to be written, block after block.</summary>
    /// <param name="k">The block.</param>
    /// <param name="x">(R, T, D).</param>
    public Tensor Next(int k, Tensor x)
    {
        if (k == 0) Prepare(x);
        return blocks[k].Next(x, new(own[k], Length, memory[k], mask, places, origins), ref steps[k]);
    }

    /// <summary>All blocks have written so many positions.</summary>
    public void Advance(long positions) => Length += positions;

    /// <summary>Makes row i what row rows[i] was; rows may repeat and may be fewer or more than before.</summary>
    /// <param name="rows">Each a row that there is, at least one.</param>
    public void Select(ReadOnlySpan<long> rows)
    {
        places.Select(rows);
        origins.Select(rows);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (var past in own) past.Dispose();
        foreach (var step in steps) step?.Dispose();
        foreach (var keysAndValues in memory) keysAndValues?.Dispose();
        mask?.Dispose();
    }

    private void Prepare(Tensor x)
    {
        if (!blocks[0].StepsByKernel(x)) Settle();
        places.Write((int)Length, (int)x.shape[1]);
    }

    // What libtorch's operations read lies row by row.
    private void Settle()
    {
        if (!places.ArePlain)
        {
            foreach (var past in own) past.Settle(places);
            places.Settle();
        }

        if (origins.ArePlain) return;
        using var scope = NewDisposeScope();
        var index = tensor([.. Enumerable.Range(0, origins.Rows).Select(row => (long)origins.Of(row)[0])], device: own[0].Memory.device);
        for (var k = 0; k < memory.Length; k++) Replace(ref memory[k], index);
        Replace(ref mask, index);
        origins.Settle();
    }

    private static void Replace(ref Tensor? field, Tensor index)
    {
        if (field is null) return;
        var selected = field.index_select(0, index).DetachFromDisposeScope();
        field.Dispose();
        field = selected;
    }
}
