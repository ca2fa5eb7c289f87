using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Bdia.Core.Onnx;

/// <summary>
/// A message in the wire format of Protocol Buffers: each field is its number and kind, and the value; messages within messages begin with
/// their length. Large values are written when the whole is, so that they are never in memory twice.
/// </summary>
internal sealed class ProtoMessage
{
    private enum Wire
    {
        Varint = 0,
        LengthDelimited = 2,
        Fixed32 = 5,
    }

    private readonly List<(byte[] Bytes, Action<Stream>? Write)> parts = [];
    private readonly ArrayBufferWriter<byte> tail = new(); // behind the last part

    /// <summary>Bytes.</summary>
    public long Length { get; private set; }

    /// <summary>A whole number: an integer or an enumeration.</summary>
    public ProtoMessage Add(int field, long value)
    {
        Key(field, Wire.Varint);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A single-precision number.</summary>
    public ProtoMessage Add(int field, float value)
    {
        Key(field, Wire.Fixed32);
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Write(bytes);
        return this;
    }

    /// <summary>A text.</summary>
    public ProtoMessage Add(int field, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Key(field, Wire.LengthDelimited);
        Varint((ulong)bytes.Length);
        Write(bytes);
        return this;
    }

    /// <summary>A message within this one, as it is now.</summary>
    public ProtoMessage Add(int field, ProtoMessage inner)
    {
        Key(field, Wire.LengthDelimited);
        Varint((ulong)inner.Length);
        Flush();
        inner.Flush();
        parts.AddRange(inner.parts);
        Length += inner.Length;
        return this;
    }

    /// <summary>Bytes that are written later.</summary>
    /// <param name="field">Number of the field.</param>
    /// <param name="length">How many.</param>
    /// <param name="write">Writes exactly so many.</param>
    public ProtoMessage Add(int field, long length, Action<Stream> write)
    {
        Key(field, Wire.LengthDelimited);
        Varint((ulong)length);
        Flush();
        parts.Add(([], write));
        Length += length;
        return this;
    }

    /// <summary>Writes the message.</summary>
    public void WriteTo(Stream stream)
    {
        Flush();
        foreach (var (bytes, write) in parts)
        {
            if (write is null) stream.Write(bytes);
            else write(stream);
        }
    }

    private void Key(int field, Wire wire) => Varint(((ulong)field << 3) | (uint)wire);

    // Seven bits a byte, the lowest first; all but the last have the highest bit.
    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var count = 0;
        for (; value > 0x7f; value >>= 7) bytes[count++] = (byte)(value | 0x80);
        bytes[count++] = (byte)value;
        Write(bytes[..count]);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        tail.Write(bytes);
        Length += bytes.Length;
    }

    private void Flush()
    {
        if (tail.WrittenCount == 0) return;
        parts.Add((tail.WrittenSpan.ToArray(), null));
        tail.Clear();
    }
}
