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

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="archive">The folder in the zip.</param>
    /// <param name="kind">What was saved.</param>
    /// <param name="describe">Reads the description; what it returns makes the model from the weights.</param>
    /// <exception cref="InvalidDataException">An entry is missing, cut short, altered, beyond <see cref="ModelLimits"/>, of another kind or
    /// from a newer version; the message names it.</exception>
    public static T Load<T>(ModelArchiveReader archive, string kind, Func<JsonElement, Func<Stream, T>> describe)
    {
        var json = ReadDescription(archive);
        using var document = Parse(json);
        var description = document.RootElement;
        var (create, expected) = Naming(DescriptionEntry, () =>
        {
            CheckEnvelope(description, kind);
            if (!SHA256.HashData(json).AsSpan().SequenceEqual(archive.ReadSeal(SHA256.HashSizeInBytes)))
                throw Altered(DescriptionEntry);
            var weights = JsonParts.Part(description, "weights");
            return (describe(description),
                (Bytes: JsonParts.Long(weights, "bytes"), Hash: JsonParts.Text(weights, "sha256")));
        });

        T? model = default;
        if (!Naming(WeightsEntry, () =>
            archive.TryRead(WeightsEntry,
            (stream, length, compressed) => model = ReadWeights(stream, length, compressed, expected, create))))
            throw Missing(WeightsEntry);
        return model!;
    }

    /// <summary>Hands a model that was read to what owns it from now on; it is freed where that refuses it.</summary>
    public static TOwner Owned<TModel, TOwner>(TModel model, Func<TModel, TOwner> own) where TModel : IDisposable
    {
        try
        {
            return own(model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static T ReadWeights<T>(Stream stream, long length, long compressed, (long Bytes, string Hash) expected, Func<Stream, T> create)
    {
        if (length != expected.Bytes)
            throw new InvalidDataException(
                $"The entry '{WeightsEntry}' has {length} bytes, but {expected.Bytes} were written: the file is cut short or altered. "
                + "Use an intact copy of the model.");
        if (length > ModelLimits.WeightBytes(compressed))
            throw new InvalidDataException($"The entry '{WeightsEntry}' inflates from {compressed} to {length} bytes, which weights do "
                + $"not: at most {ModelLimits.WeightBytes(compressed)} are read. Use an intact copy of the model.");
        using var ahead = new ReadAheadStream(stream, length);
        T? model = default;
        ExceptionDispatchInfo? fault = null;
        try
        {
            model = create(ahead);
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e);
        }

        // The parser trusts nothing, so it may run first; but what was altered is told as such, whatever the parser made of it.
        var untouched = ahead.Position == 0;
        if (Hash(ahead) != expected.Hash)
        {
            (model as IDisposable)?.Dispose();
            throw Altered(WeightsEntry);
        }
        // What fails before the first weight is read is not the weights' fault.
        if (fault is not null)
            Naming(untouched ? DescriptionEntry : WeightsEntry, () => { fault.Throw(); return 0; });
        return model!;
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

    /// <summary>Turns whatever a reader stumbles over into the fault that is promised, with the entry.</summary>
    private static T Naming<T>(string entry, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException fault) when (fault.Message.Contains($"'{entry}'", StringComparison.Ordinal)
            || fault.Message.Contains("'Model.", StringComparison.Ordinal))
        {
            throw new InvalidDataException(fault.Message); // without what caused it
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            throw new InvalidDataException(
                $"The entry '{entry}' does not describe a usable model: {fault.Message} Use an intact copy of the model.");
        }
    }

    // Of what is asked for while a model is read, only these are not the file's: the machine has no memory, no native library, no access.
    private static bool IsOfTheFile(Exception fault)
        => fault is EndOfStreamException
        or not (OutOfMemoryException or DllNotFoundException or IOException or UnauthorizedAccessException);

    // A value below names, as text; null where there is none.
    private static string? Text(JsonElement json, params ReadOnlySpan<string> names)
    {
        JsonElement? at = json;
        foreach (var name in names) at = at is { } parent ? JsonParts.Find(parent, name) : null;
        return at?.ToString();
    }

    private static void CheckEnvelope(JsonElement description, string kind)
    {
        if (JsonParts.Find(description, "formatVersion") is not { ValueKind: JsonValueKind.Number } value
            || !value.TryGetInt32(out var version) || version < 1)
            throw new InvalidDataException($"The entry '{DescriptionEntry}' states no format version; it was not written by Bdia.MLNet.");
        if (version > FormatVersion)
            throw new InvalidDataException(
                $"The model has format version {version} (written by {Text(description, "writtenBy")}); {Package} reads versions up to "
                + $"{FormatVersion}. Update the package Bdia.MLNet.");
        if (Text(description, "kind") != kind)
            throw new InvalidDataException(
                $"The model is of kind '{Text(description, "kind")}', but '{kind}' was expected; the entry '{DescriptionEntry}' belongs "
                + "to another model.");
    }

    private static byte[] ReadDescription(ModelArchiveReader archive)
    {
        byte[] json = [];
        var found = Naming(DescriptionEntry, () => archive.TryRead(DescriptionEntry, (stream, length, _) =>
        {
            if (length > ModelLimits.DescriptionBytes)
                throw new InvalidDataException(
                    $"The entry '{DescriptionEntry}' has {length} bytes; at most {ModelLimits.DescriptionBytes} are read. Use an intact "
                    + "copy of the model.");
            json = new byte[length];
            if (stream.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length || stream.ReadByte() >= 0)
                throw new InvalidDataException(
                    $"The entry '{DescriptionEntry}' has not the {length} bytes that the file states: it is cut short or altered. Use "
                    + "an intact copy of the model.");
        }));
        return found ? json : throw Missing(DescriptionEntry);
    }

    private static JsonDocument Parse(byte[] json)
    {
        try
        {
            ModelLimits.RequireModest(json);
            var document = JsonDocument.Parse(json,
                new JsonDocumentOptions { MaxDepth = ModelLimits.DescriptionDepth, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            throw new JsonException("It holds no object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"The entry '{DescriptionEntry}' is not JSON ({e.Message}): the file is cut short or altered. Use an intact copy of the "
                + "model.");
        }
    }

    private static InvalidDataException Missing(string entry)
        => new($"The model has no entry '{entry}': the file is incomplete or was not written by Bdia.MLNet. Use an intact copy of the "
            + "model.");

    private static InvalidDataException Altered(string entry)
        => new($"The entry '{entry}' was altered after the model was saved: its SHA-256 is not the one that was written. Use an intact "
            + "copy of the model.");
}
