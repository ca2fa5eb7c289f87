using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>
/// The reading half of <see cref="SafeTensors"/>. Trusts nothing: no byte is read or memory taken on the header's word alone.
/// </summary>
internal static class SafeTensorsReader
{
    // Room for the names and sizes of about 150,000 tensors. (The format's reference implementation takes up to 100 MB, which as JSON come
    // to gigabytes.)
    private const long MaximumHeaderBytes = 16 << 20;
    private const int ReadBytes = 1 << 22;

    internal static SafeTensorsContent Read(Stream stream)
    {
        var (entries, metadata) = ReadHeader(stream);
        CheckDataLength(stream, entries);

        var content = new SafeTensorsContent(new(entries.Count, StringComparer.Ordinal), metadata);
        try
        {
            foreach (var entry in entries) content.Add(entry.Name, ReadTensor(stream, entry));
            if (stream.ReadByte() >= 0) throw SafeTensorsHeader.Fault("The stream goes on after the last tensor.");
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>The free text of the header alone; no tensor is looked at.</summary>
    internal static IReadOnlyDictionary<string, string> ReadMetadata(Stream stream) => ReadHeader(stream).Metadata;

    /// <summary>
    /// The header alone: what tensors there are. Where the stream knows its length, it must be theirs, so that one that is cut short is
    /// told.
    /// </summary>
    internal static IReadOnlyList<SafeTensorsEntry> ReadEntries(Stream stream)
    {
        var (entries, _) = ReadHeader(stream);
        CheckDataLength(stream, entries);
        return entries;
    }

    private static (List<SafeTensorsEntry> Entries, Dictionary<string, string> Metadata) ReadHeader(Stream stream)
    {
        var headerBytes = ReadHeaderLength(stream);
        var header = new byte[headerBytes];
        if (stream.ReadAtLeast(header, headerBytes, throwOnEndOfStream: false) < headerBytes)
            throw SafeTensorsHeader.Fault($"The header should have {headerBytes} bytes, but the stream ends before that.");
        return SafeTensorsHeader.Parse(header);
    }

    private static int ReadHeaderLength(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < bytes.Length) throw SafeTensorsHeader.Fault(
            $"The stream has {read} bytes, fewer than the 8 that give the header's length.");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > MaximumHeaderBytes)
            throw SafeTensorsHeader.Fault($"The header's length is given as {length} bytes, above the limit of {MaximumHeaderBytes}.");
        if (stream.CanSeek && (long)length > stream.Length - stream.Position)
            throw SafeTensorsHeader.Fault(
                $"The header's length is given as {length} bytes, but only {stream.Length - stream.Position} follow.");
        return (int)length;
    }

    // Where the length is known, a lie about sizes is found before any memory is taken for it.
    private static void CheckDataLength(Stream stream, List<SafeTensorsEntry> entries)
    {
        if (!stream.CanSeek) return;
        var expected = entries.Count == 0 ? 0 : entries[^1].End;
        var actual = stream.Length - stream.Position;
        if (actual != expected) throw SafeTensorsHeader.Fault($"The tensors should have {expected} bytes, but {actual} follow the header.");
    }

    private static Tensor ReadTensor(Stream stream, SafeTensorsEntry entry)
    {
        using var scope = NewDisposeScope();
        // A Bool element other than 0 and 1 is undefined behaviour in libtorch, so those bytes are looked at first.
        var isBool = entry.Type == ScalarType.Bool;
        var tensor = Allocate(entry, isBool ? ScalarType.Byte : entry.Type);
        if (entry.ByteCount > 0) Fill(tensor, stream, entry);
        if (isBool)
        {
            if (entry.ByteCount > 0 && tensor.max().item<byte>() > 1)
                throw SafeTensorsHeader.Fault($"Tensor '{entry.Name}' of type BOOL holds a byte other than 0 and 1.");
            tensor = tensor.to(ScalarType.Bool);
        }
        // The content owns it, whatever scope the caller has open.
        return tensor.DetachFromDisposeScope();
    }

    private static Tensor Allocate(SafeTensorsEntry entry, ScalarType type)
    {
        try
        {
            return empty(entry.Shape, dtype: type, device: CPU);
        }
        catch (ExternalException exception)
        {
            throw SafeTensorsHeader.Fault(
                $"Tensor '{entry.Name}' should have {entry.ByteCount} bytes, more than can be allocated.", exception);
        }
    }

    // Straight into the tensor's memory, without a copy between.
    private static unsafe void Fill(Tensor tensor, Stream stream, SafeTensorsEntry entry)
    {
        try
        {
            var memory = TensorMemory.Address(tensor);
            for (var at = 0L; at < entry.ByteCount; at += ReadBytes)
                stream.ReadExactly(new Span<byte>(memory + at, (int)Math.Min(ReadBytes, entry.ByteCount - at)));
        }
        catch (EndOfStreamException exception)
        {
            throw SafeTensorsHeader.Fault(
                $"The stream ends inside tensor '{entry.Name}', which should have {entry.ByteCount} bytes.", exception);
        }
    }
}
