using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>The writing half of <see cref="SafeTensors"/>: lays tensors out, writes the header, then streams the elements.</summary>
internal static class SafeTensorsWriter
{
    private const int Alignment = 8;
    private const int CopyBufferBytes = 1 << 16;

    internal static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata)
    {
        var ordered = InOrder(tensors);
        WriteHeader(stream, Layout(ordered), metadata);
        foreach (var (_, tensor) in ordered) WriteElements(stream, tensor);
    }

    // Descending element size keeps every tensor aligned to its elements without gaps, which the format forbids;
    // the name makes the order, and so the bytes, independent of the caller's collection.
    private static List<KeyValuePair<string, Tensor>> InOrder(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ordered = new List<KeyValuePair<string, Tensor>>();
        foreach (var (name, tensor) in tensors)
        {
            CheckName(name, names);
            if (!SafeTensorsType.TryName(tensor.dtype, out _))
                throw new ArgumentException($"Tensor '{name}' has element type {tensor.dtype}, which this format cannot hold. Convert "
                    + $"it to one of {SafeTensorsType.Names}.", nameof(tensors));
            ordered.Add(new(name, tensor));
        }
        ordered.Sort((left, right) =>
        {
            var bySize = SafeTensorsType.Size(right.Value.dtype).CompareTo(SafeTensorsType.Size(left.Value.dtype));
            return bySize != 0 ? bySize : string.CompareOrdinal(left.Key, right.Key);
        });
        return ordered;
    }

    private static void CheckName(string name, HashSet<string> names)
    {
        if (string.IsNullOrEmpty(name)) throw new ArgumentException("A tensor has an empty name. Name every tensor.", nameof(name));
        if (name == SafeTensorsEntry.MetadataName)
            throw new ArgumentException($"The tensor name '{name}' is reserved by the format. Rename the tensor.", nameof(name));
        if (!names.Add(name)) throw new ArgumentException($"The tensor name '{name}' is given twice. Make names unique.", nameof(name));
    }

    private static List<SafeTensorsEntry> Layout(List<KeyValuePair<string, Tensor>> ordered)
    {
        var entries = new List<SafeTensorsEntry>(ordered.Count);
        var begin = 0L;
        foreach (var (name, tensor) in ordered)
        {
            var end = begin + tensor.numel() * SafeTensorsType.Size(tensor.dtype);
            entries.Add(new(name, tensor.dtype, tensor.shape, begin, end));
            begin = end;
        }
        return entries;
    }

    private static void WriteHeader(Stream stream, List<SafeTensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json)) WriteJson(writer, entries, metadata);
        var padding = (Alignment - json.WrittenCount % Alignment) % Alignment;
        json.GetSpan(padding)[..padding].Fill((byte)' ');
        json.Advance(padding);

        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.WrittenCount);
        stream.Write(length);
        stream.Write(json.WrittenSpan);
    }

    private static void WriteJson(Utf8JsonWriter json, List<SafeTensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        json.WriteStartObject();
        if (metadata is { Count: > 0 })
        {
            json.WriteStartObject(SafeTensorsEntry.MetadataName);
            foreach (var (name, text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(name, text);
            json.WriteEndObject();
        }
        foreach (var entry in entries)
        {
            SafeTensorsType.TryName(entry.Type, out var typeName);
            json.WriteStartObject(entry.Name);
            json.WriteString("dtype", typeName);
            json.WriteStartArray("shape");
            foreach (var size in entry.Shape) json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(entry.Begin);
            json.WriteNumberValue(entry.End);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteElements(Stream stream, Tensor tensor)
    {
        if (tensor.numel() == 0) return;
        using var scope = NewDisposeScope();
        // Neither call copies where there is nothing to do.
        var elements = tensor.detach().cpu().contiguous();
        // Streams in pieces, where Tensor.bytes stops at 2 GB.
        elements.WriteBytesToStream(stream, (int)Math.Min(CopyBufferBytes, elements.numel() * elements.ElementSize));
    }
}
