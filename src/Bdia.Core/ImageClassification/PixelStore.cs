using System.Runtime.InteropServices;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Images in memory: one byte a value while every value is a whole number 0..255, as decoded pictures are; four bytes from
/// the first other value on. In blocks, so that it grows without copying and beyond the size of one array.
/// </summary>
internal sealed class PixelStore
{
    private const int BlockBytes = 1 << 22;

    private readonly List<byte[]> blocks = [];
    private readonly int pixels;
    private readonly int rowsPerBlock;

    /// <summary>An empty store.</summary>
    /// <param name="pixels">Values of an image.</param>
    /// <param name="asBytes">Whether to begin with one byte a value.</param>
    public PixelStore(int pixels, bool asBytes)
    {
        (this.pixels, IsBytes) = (pixels, asBytes);
        rowsPerBlock = Math.Max(1, BlockBytes / (pixels * sizeof(float)));
    }

    /// <summary>Whether a value takes one byte.</summary>
    public bool IsBytes { get; private set; }

    /// <summary>Images held.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that an image takes.</summary>
    public long RowBytes => (long)pixels * (IsBytes ? 1 : sizeof(float));

    /// <summary>Appends an image.</summary>
    public void Add(ReadOnlySpan<float> pixels)
    {
        if (IsBytes && !AreBytes(pixels)) Widen();
        Write(Grow(), pixels);
    }

    /// <summary>Appends an image that is yet to be written.</summary>
    /// <returns>Its row.</returns>
    public int Grow()
    {
        if (Count == blocks.Count * rowsPerBlock) blocks.Add(new byte[rowsPerBlock * RowBytes]);
        return Count++;
    }

    /// <summary>An image as it is kept.</summary>
    public Span<byte> Bytes(int row) => blocks[row / rowsPerBlock].AsSpan(
        (int)(row % rowsPerBlock * RowBytes), (int)RowBytes);

    /// <summary>Overwrites an image, in a store that need not change its kind for it.</summary>
    public void Set(int row, ReadOnlySpan<float> pixels)
    {
        if (IsBytes && !AreBytes(pixels)) Widen();
        Write(row, pixels);
    }

    /// <summary>Copies an image out.</summary>
    public void CopyTo(int row, Span<float> pixels)
    {
        if (IsBytes)
        {
            var bytes = Row<byte>(row);
            for (var i = 0; i < pixels.Length; i++) pixels[i] = bytes[i];
        }
        else
        {
            Row<float>(row).CopyTo(pixels);
        }
    }

    /// <summary>Whether every value is a whole number 0..255.</summary>
    public static bool AreBytes(ReadOnlySpan<float> pixels)
    {
        foreach (var value in pixels)
        {
            if (!(value >= 0 && value <= 255 && value == (int)value)) return false;
        }

        return true;
    }

    private void Write(int row, ReadOnlySpan<float> pixels)
    {
        if (IsBytes)
        {
            var bytes = Row<byte>(row);
            for (var i = 0; i < pixels.Length; i++) bytes[i] = (byte)pixels[i];
        }
        else
        {
            pixels.CopyTo(Row<float>(row));
        }
    }

    /// <summary>Lets a value take four bytes.</summary>
    public void Widen()
    {
        if (!IsBytes) return;
        IsBytes = false;
        for (var b = 0; b < blocks.Count; b++)
        {
            var wide = new byte[blocks[b].Length * sizeof(float)];
            var values = MemoryMarshal.Cast<byte, float>(wide.AsSpan());
            for (var i = 0; i < values.Length; i++) values[i] = blocks[b][i];
            blocks[b] = wide;
        }
    }

    private Span<T> Row<T>(int row) where T : struct
        => MemoryMarshal.Cast<byte, T>(blocks[row / rowsPerBlock].AsSpan()).Slice(row % rowsPerBlock * pixels, pixels);
}
