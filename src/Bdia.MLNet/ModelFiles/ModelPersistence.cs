using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bdia.MLNet.Internals;

namespace Bdia.MLNet.ModelFiles;

/// <summary>
/// What a Bdia model looks like inside an ML.NET zip: its weights as a plain safetensors file, all else as JSON beside it. The JSON holds
/// the SHA-256 of the weights, and ML.NET's first entry that of the JSON, so that nothing can change unnoticed.
/// </summary>
/// <remarks>
/// Faults are InvalidDataExceptions without an inner one: Model.Load wraps what a loader throws, and GetBaseException should give ours.
/// </remarks>
internal static class ModelPersistence
{
    /// <summary>A reader takes this version and all before it. It rises when an older reader would misread what is written.</summary>
    public const int FormatVersion = 1;

    public const string WeightsEntry = "Model.safetensors";
    public const string DescriptionEntry = "Model.json";

    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    private static string Package => $"Bdia.MLNet {typeof(ModelPersistence).Assembly.GetName().Version!.ToString(3)}";

    /// <summary>Writes weights and description; <paramref name="content"/> may use any names but those of the envelope.</summary>
    public static void Save(ModelArchiveWriter archive, string kind, JsonObject content, Action<Stream> writeWeights)
    {
        var (weightsHash, bytes) = ("", 0L);
        archive.Write(WeightsEntry, stream =>
        {
            writeWeights(stream);
            bytes = stream.Position;
            stream.Position = 0;
            weightsHash = Convert.ToHexStringLower(SHA256.HashData(stream));
        });
        var description = new JsonObject
        {
            ["kind"] = kind,
            ["formatVersion"] = FormatVersion,
            ["writtenBy"] = Package,
            ["weights"] = new JsonObject { ["entry"] = WeightsEntry, ["bytes"] = bytes, ["sha256"] = weightsHash },
        };
        foreach (var (name, value) in content)
            description.Add(name, value?.DeepClone());
        var json = JsonSerializer.SerializeToUtf8Bytes(description, indented);
        archive.Write(DescriptionEntry, stream => stream.Write(json));
        archive.WriteSeal(SHA256.HashData(json));
    }

    /// <summary>Reads what <see cref="Save"/> wrote. <paramref name="create"/> gets the description and the weights.</summary>
    /// <exception cref="InvalidDataException">An entry is missing, cut short, altered, of another kind or from a newer version.</exception>
    public static T Load<T>(ModelArchiveReader archive, string kind, Func<JsonElement, Stream, T> create)
    {
        var json = ReadAll(archive, DescriptionEntry);
        using var document = Parse(json);
        var description = document.RootElement;
        CheckEnvelope(description, kind);
        if (!SHA256.HashData(json).AsSpan().SequenceEqual(archive.ReadSeal(SHA256.HashSizeInBytes)))
            throw Altered(DescriptionEntry);

        T? model = default;
        if (!archive.TryRead(WeightsEntry, (stream, length) => model = ReadWeights(description, stream, length, create)))
            throw Missing(WeightsEntry);
        return model!;
    }

    private static T ReadWeights<T>(JsonElement description, Stream stream, long length, Func<JsonElement, Stream, T> create)
    {
        var (bytes, hash) = (Text(description, "weights", "bytes"), Text(description, "weights", "sha256"));
        if (length.ToString() != bytes)
            throw new InvalidDataException($"The entry '{WeightsEntry}' has {length} bytes, but {bytes} were written: the file is cut short or altered. Use an intact copy of the model.");
        using var ahead = new ReadAheadStream(stream, length);
        T? model = default;
        Exception? fault = null;
        try
        {
            model = create(description, ahead);
        }
        catch (Exception e)
        {
            fault = e;
        }

        // The parser trusts nothing, so it may run first; but what was altered is told as such, whatever the parser made of it.
        if (Hash(ahead) != hash)
        {
            (model as IDisposable)?.Dispose();
            throw Altered(WeightsEntry);
        }
        if (fault is FormatException or JsonException or ArgumentException)
            throw new InvalidDataException($"The entry '{DescriptionEntry}' does not describe a usable model: {fault.Message}");
        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault);
        return model!;
    }

    // A value below names, as text; null where there is none.
    private static string? Text(JsonElement json, params ReadOnlySpan<string> names)
    {
        JsonElement? at = json;
        foreach (var name in names) at = at is { } parent ? JsonParts.Find(parent, name) : null;
        return at?.ToString();
    }

    private static string? Hash(ReadAheadStream stream)
    {
        try
        {
            return Convert.ToHexStringLower(stream.Hash());
        }
        catch (InvalidDataException)
        {
            return null; // what stands in the zip cannot be inflated
        }
    }

    private static void CheckEnvelope(JsonElement description, string kind)
    {
        if (JsonParts.Find(description, "formatVersion") is not { ValueKind: JsonValueKind.Number } value || !value.TryGetInt32(out var version) || version < 1)
            throw new InvalidDataException($"The entry '{DescriptionEntry}' states no format version; it was not written by Bdia.MLNet.");
        if (version > FormatVersion)
            throw new InvalidDataException($"The model has format version {version} (written by {Text(description, "writtenBy")}); {Package} reads versions up to {FormatVersion}. Update the package Bdia.MLNet.");
        if (Text(description, "kind") != kind)
            throw new InvalidDataException($"The model is of kind '{Text(description, "kind")}', but '{kind}' was expected; the entry '{DescriptionEntry}' belongs to another model.");
    }

    private static byte[] ReadAll(ModelArchiveReader archive, string name)
    {
        using var content = new MemoryStream();
        return archive.TryRead(name, (stream, _) => stream.CopyTo(content)) ? content.ToArray() : throw Missing(name);
    }

    private static JsonDocument Parse(byte[] json)
    {
        try
        {
            var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new JsonException("It holds no object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The entry '{DescriptionEntry}' is not JSON ({e.Message}): the file is cut short or altered. Use an intact copy of the model.");
        }
    }

    private static InvalidDataException Missing(string entry)
        => new($"The model has no entry '{entry}': the file is incomplete or was not written by Bdia.MLNet. Use an intact copy of the model.");

    private static InvalidDataException Altered(string entry)
        => new($"The entry '{entry}' was altered after the model was saved: its SHA-256 is not the one that was written. Use an intact copy of the model.");
}
