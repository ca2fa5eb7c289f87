using Bdia.Core.Blocks;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>
/// What incremental decoding remembers: keys and values of all blocks, for every row. One network serves any number of states at once, as
/// long as its weights stay as they are; one state serves one thread at a time.
/// </summary>
public sealed class DecoderState : IDisposable
{
    internal DecoderState(nn.Module network, DecodingCache cache) => (Network, Cache) = (network, cache);

    /// <summary>Rows: texts that are being written.</summary>
    public long Rows => Cache.Rows;

    /// <summary>Positions written so far.</summary>
    public long Length => Cache.Length;

    /// <summary>The network that began it.</summary>
    internal nn.Module Network { get; }

    internal DecodingCache Cache { get; }

    /// <summary>Makes row i what row rows[i] was; rows may repeat and may be fewer or more than before.</summary>
    /// <param name="rows">Which rows to go on with, int64, one dimension, at least one row.</param>
    /// <exception cref="ArgumentException">Rows are of another shape or type, or there is no such row.</exception>
    public void Select(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.dtype != ScalarType.Int64 || rows.dim() != 1 || rows.numel() == 0)
            throw new ArgumentException($"Rows are {rows.dtype} of shape ({string.Join(", ", rows.shape)}); give Int64 of one "
                + "dimension, at least one row.", nameof(rows));
        using var scope = NewDisposeScope();
        var chosen = rows.cpu().contiguous().data<long>().ToArray();
        foreach (var row in chosen)
            if (row < 0 || row >= Rows) throw new ArgumentException($"There is no row {row}; the state has rows 0 to {Rows - 1}.",
                nameof(rows));
        Cache.Select(chosen);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => Cache.Dispose();
}
