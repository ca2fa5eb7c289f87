using System.Runtime.InteropServices;

namespace Bdia.Core.Text;

/// <summary>
/// Sequences of ids in memory: two bytes an id where all ids fit, four otherwise, and twelve a sequence. In blocks, so that it grows
/// without copying and beyond the size of one array.
/// </summary>
/// <param name="vocabulary">Ids are 0 up to, not including, this.</param>
internal sealed class TokenStore(int vocabulary)
{
    private const int BlockLength = 1 << 18;

    private readonly List<byte[]> blocks = [];
    private readonly List<Place> places = [];
    private readonly int width = vocabulary - 1 <= ushort.MaxValue ? sizeof(ushort) : sizeof(int);
    private int used;

    private readonly record struct Place(int Block, int Offset, int Length);

    /// <summary>Sequences held.</summary>
    public int Count => places.Count;

    /// <summary>Ids held.</summary>
    public long Ids { get; private set; }

    /// <summary>Ids of the longest sequence; 0 while there is none.</summary>
    public int Longest { get; private set; }

    /// <summary>Ids of a sequence.</summary>
    public int Length(int row) => places[row].Length;

    /// <summary>Appends a sequence.</summary>
    public void Add(ReadOnlySpan<int> ids)
    {
        if (blocks.Count == 0 || used + ids.Length > blocks[^1].Length / width)
        {
            blocks.Add(new byte[Math.Max(BlockLength, ids.Length) * width]);
            used = 0;
        }

        var place = new Place(blocks.Count - 1, used, ids.Length);
        places.Add(place);
        used += ids.Length;
        Ids += ids.Length;
        Longest = Math.Max(Longest, ids.Length);
        if (width == sizeof(int))
        {
            ids.CopyTo(Ids32(place));
        }
        else
        {
            var narrow = Ids16(place);
            for (var i = 0; i < ids.Length; i++) narrow[i] = checked((ushort)ids[i]);
        }
    }

    /// <summary>Copies a sequence out, to the front of a span.</summary>
    public void CopyTo(int row, Span<long> ids) => CopyTo(places[row], ids);

    /// <summary>Copies ids of a sequence out, from one on: as many as the span takes.</summary>
    public void CopyTo(int row, int first, Span<long> ids)
        => CopyTo(places[row] with { Offset = places[row].Offset + first, Length = ids.Length }, ids);

    private void CopyTo(Place place, Span<long> ids)
    {
        if (width == sizeof(int))
        {
            var wide = Ids32(place);
            for (var i = 0; i < wide.Length; i++) ids[i] = wide[i];
        }
        else
        {
            var narrow = Ids16(place);
            for (var i = 0; i < narrow.Length; i++) ids[i] = narrow[i];
        }
    }

    private Span<ushort> Ids16(Place place)
        => MemoryMarshal.Cast<byte, ushort>(blocks[place.Block].AsSpan()).Slice(place.Offset, place.Length);

    private Span<int> Ids32(Place place) => MemoryMarshal.Cast<byte, int>(blocks[place.Block].AsSpan()).Slice(place.Offset, place.Length);
}
