using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>
/// What incremental decoding remembers: keys and values of all blocks, for every row. One network serves any number of states at once;
/// one state serves one thread at a time.
/// </summary>
public sealed class DecoderState : IDisposable
{
    private readonly KeyValueCache[] _past; // of each block's self-attention
    private readonly Tensor[] _memory; // of each block's cross-attention, (2, R, H, S, Dh)
    private Tensor _mask; // (R, 1, 1, S)
    private long[] _origin; // which row of the sources each row decodes

    internal DecoderState(EncoderDecoder network, Tensor[] memory, Tensor mask)
    {
        Network = network;
        _memory = memory.Select(m => m.DetachFromDisposeScope()).ToArray();
        _mask = mask.DetachFromDisposeScope();
        _past = memory.Select(m => new KeyValueCache(m.shape[1], m.shape[2], m.shape[4], m.device)).ToArray();
        _origin = Enumerable.Range(0, (int)mask.shape[0]).Select(row => (long)row).ToArray();
    }

    /// <summary>Rows: texts that are being written.</summary>
    public long Rows => _origin.Length;

    /// <summary>Positions written so far.</summary>
    public long Length { get; private set; }

    /// <summary>Makes row i what row rows[i] was; rows may repeat and may be fewer or more than before.</summary>
    /// <param name="rows">Which rows to go on with, int64, one dimension, at least one row.</param>
    /// <exception cref="ArgumentException">Rows are of another shape or type, or there is no such row.</exception>
    public void Select(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.dtype != ScalarType.Int64 || rows.dim() != 1 || rows.numel() == 0)
            throw new ArgumentException($"Rows are {rows.dtype} of shape ({string.Join(", ", rows.shape)}); give Int64 of one dimension, at least one row.", nameof(rows));
        using var scope = NewDisposeScope();
        var chosen = rows.cpu().contiguous().data<long>().ToArray();
        foreach (var row in chosen)
            if (row < 0 || row >= Rows) throw new ArgumentException($"There is no row {row}; the state has rows 0 to {Rows - 1}.", nameof(rows));
        if (chosen.Length == Rows && chosen.Select((row, i) => row == i).All(same => same)) return;
        var index = rows.to(_mask.device);
        foreach (var past in _past) past.Select(index);
        var origin = Array.ConvertAll(chosen, row => _origin[row]);
        // Beam search swaps rows of the same text most of the time, whose memory is the same.
        if (!origin.AsSpan().SequenceEqual(_origin))
        {
            for (var k = 0; k < _memory.Length; k++) Replace(ref _memory[k], _memory[k].index_select(1, index));
            Replace(ref _mask, _mask.index_select(0, index));
        }

        _origin = origin;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (var past in _past) past.Dispose();
        foreach (var memory in _memory) memory.Dispose();
        _mask.Dispose();
    }

    /// <summary>The network that began it.</summary>
    internal EncoderDecoder Network { get; }

    /// <summary>h_k(x) at the position to be written.</summary>
    internal Tensor Evaluate(int k, DecoderBlock block, Tensor x) => block.Next(x, _past[k], Length, _memory[k], _mask);

    /// <summary>All blocks have written their position.</summary>
    internal void Advance() => Length++;

    private static void Replace(ref Tensor field, Tensor value)
    {
        field.Dispose();
        field = value.DetachFromDisposeScope();
    }
}
