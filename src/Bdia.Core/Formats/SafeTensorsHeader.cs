using System.Text.Json;
using System.Text.Unicode;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>Reads and checks the JSON header: the entries it returns are contiguous and their sizes add up.</summary>
internal static class SafeTensorsHeader
{
    // No libtorch operation takes more dimensions.
    private const int MaximumRank = 64;

    internal static (List<SafeTensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(ReadOnlyMemory<byte> json)
    {
        // JsonDocument finds bad text only when a string is read; checked here, no later call can meet any.
        if (!Utf8.IsValid(json.Span)) throw Fault("The header is not UTF-8 text.");
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw Fault($"The header is not JSON: {exception.Message}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // An escape such as \ud800 alone: JSON by grammar, but no text.
            throw Fault($"A name or value in the header is not text: {exception.Message}", exception);
        }
    }

    private static (List<SafeTensorsEntry>, Dictionary<string, string>) Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw Fault($"The header is a JSON {root.ValueKind}, not an object.");
        var entries = new List<SafeTensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!names.Add(property.Name)) throw Fault($"The header names '{property.Name}' twice.");
            if (property.Name == SafeTensorsEntry.MetadataName) ParseMetadata(property.Value, metadata);
            else entries.Add(ParseEntry(property.Name, property.Value));
        }
        entries.Sort((left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        CheckContiguous(entries);
        return (entries, metadata);
    }

    private static void ParseMetadata(JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Fault($"{SafeTensorsEntry.MetadataName} is a JSON {value.ValueKind}, not an object of strings.");
        foreach (var property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw Fault($"Metadata '{property.Name}' is a JSON {property.Value.ValueKind}, not a string.");
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!)) throw Fault($"The metadata names '{property.Name}' twice.");
        }
    }

    private static SafeTensorsEntry ParseEntry(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Fault($"Tensor '{name}' is described by a JSON {value.ValueKind}, not an object.");
        JsonElement? type = null, shape = null, offsets = null;
        foreach (var property in value.EnumerateObject())
        {
            ref var field = ref type;
            switch (property.Name)
            {
                case "dtype": field = ref type; break;
                case "shape": field = ref shape; break;
                case "data_offsets": field = ref offsets; break;
                default: throw Fault($"Tensor '{name}' has the unknown field '{property.Name}'.");
            }
            if (field is not null) throw Fault($"Tensor '{name}' has the field '{property.Name}' twice.");
            field = property.Value;
        }
        if (type is null || shape is null || offsets is null) throw Fault($"Tensor '{name}' lacks one of dtype, shape and data_offsets.");
        return CheckedEntry(name, ParseType(name, type.Value), ParseNumbers(name, "shape", shape.Value),
            ParseNumbers(name, "data_offsets", offsets.Value));
    }

    private static ScalarType ParseType(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && SafeTensorsType.TryParse(value.GetString()!, out var type)) return type;
        throw Fault($"Tensor '{name}' has element type {value.GetRawText()}; this reader knows {SafeTensorsType.Names}.");
    }

    private static long[] ParseNumbers(string name, string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw Fault($"Tensor '{name}' has a {field} that is a JSON {value.ValueKind}, not an array.");
        var numbers = new long[value.GetArrayLength()];
        var i = 0;
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out numbers[i]) || numbers[i] < 0)
                throw Fault($"Tensor '{name}' has {element.GetRawText()} in its {field}, not a whole number from 0 to 2^63-1.");
            i++;
        }
        return numbers;
    }

    private static SafeTensorsEntry CheckedEntry(string name, ScalarType type, long[] shape, long[] offsets)
    {
        if (shape.Length > MaximumRank) throw Fault($"Tensor '{name}' has {shape.Length} dimensions; at most {MaximumRank} are possible.");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Fault($"Tensor '{name}' has data_offsets [{string.Join(", ", offsets)}], not a begin and an end behind it.");
        var entry = new SafeTensorsEntry(name, type, shape, offsets[0], offsets[1]);
        var expected = ByteCount(name, type, shape);
        if (entry.ByteCount != expected)
            throw Fault($"Tensor '{name}' of shape ({string.Join(", ", shape)}) and type {type} needs {expected} bytes, but its "
                + $"data_offsets span {entry.ByteCount}.");
        return entry;
    }

    private static long ByteCount(string name, ScalarType type, long[] shape)
    {
        try
        {
            // The product without the zeros: libtorch computes strides from it, also for an empty tensor.
            var extent = shape.Aggregate((long)SafeTensorsType.Size(type), (product, size) => checked(product * Math.Max(size, 1)));
            return shape.Contains(0) ? 0 : extent;
        }
        catch (OverflowException exception)
        {
            throw Fault($"Tensor '{name}' of shape ({string.Join(", ", shape)}) is larger than any memory.", exception);
        }
    }

    private static void CheckContiguous(List<SafeTensorsEntry> entries)
    {
        var end = 0L;
        foreach (var entry in entries)
        {
            if (entry.Begin != end)
                throw Fault($"Tensor '{entry.Name}' begins at byte {entry.Begin} of the data, where the tensor before it ends at {end}: "
                    + "tensors must neither overlap nor leave holes.");
            end = entry.End;
        }
    }

    internal static InvalidDataException Fault(string fact, Exception? cause = null)
        => new($"{fact} The stream is damaged or not in the safetensors format: write or download it again.", cause);
}
