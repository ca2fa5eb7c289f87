using System.Security.Cryptography;
using System.Text.Json;
using Bdia.Core.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// One checkpoint: a safetensors file whose metadata hold the format version, the run's state and identity as JSON, and the
/// SHA-256 of the same file without that entry, which therefore covers names, shapes, numbers and tensors alike.
/// </summary>
internal static class CheckpointFile
{
    private const int FormatVersion = 1;
    private const string VersionEntry = "bdia.checkpoint.version", StateEntry = "state", IdentityEntry = "identity", HashEntry = "sha256";

    private static readonly JsonSerializerOptions Json = new() { RespectNullableAnnotations = true };

    /// <summary>What a file holds. Owns the tensors.</summary>
    public sealed record Content(SafeTensorsContent Tensors, RunState State, SortedDictionary<string, string> Identity) : IDisposable
    {
        public void Dispose() => Tensors.Dispose();
    }

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    public static void Write(
        string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, RunState state, SortedDictionary<string, string> identity)
    {
        var metadata = new Dictionary<string, string>
        {
            [VersionEntry] = $"{FormatVersion}",
            [StateEntry] = JsonSerializer.Serialize(state),
            [IdentityEntry] = JsonSerializer.Serialize(identity),
        };
        metadata[HashEntry] = Hash(tensors, metadata);
        DurableFile.Write(path, stream => SafeTensors.Write(stream, tensors, metadata));
    }

    /// <summary>Reads a checkpoint and checks that every byte is as it was written.</summary>
    /// <exception cref="InvalidDataException">It is damaged, foreign or of another version; the message says which, without the
    /// path.</exception>
    public static Content Read(string path)
    {
        using var stream = File.OpenRead(path);
        var content = SafeTensors.Read(stream);
        try
        {
            if (!content.Metadata.TryGetValue(VersionEntry, out var version))
                throw new InvalidDataException("it is a safetensors file, but no checkpoint of this library");
            if (version != $"{FormatVersion}")
                throw new InvalidDataException($"its format version is {version}, and this library reads version {FormatVersion}");

            var metadata = content.Metadata.Where(entry => entry.Key != HashEntry).ToDictionary();
            if (!content.Metadata.TryGetValue(HashEntry, out var hash) || hash != Hash(content.Tensors, metadata))
                throw new InvalidDataException("its content does not match its SHA-256, so it was altered after it was written");

            var state = Parse<RunState>(metadata, StateEntry);
            state.RequireSound();
            return new Content(content, state, Parse<SortedDictionary<string, string>>(metadata, IdentityEntry));
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The identity of the run that wrote a checkpoint, from its header alone: nothing says that the rest of the file is whole.
    /// </summary>
    /// <exception cref="InvalidDataException">It is no checkpoint, or its header is damaged.</exception>
    public static SortedDictionary<string, string> ReadIdentity(string path)
    {
        using var stream = File.OpenRead(path);
        return Parse<SortedDictionary<string, string>>(SafeTensorsReader.ReadMetadata(stream), IdentityEntry);
    }

    private static T Parse<T>(IReadOnlyDictionary<string, string> metadata, string entry)
    {
        if (!metadata.TryGetValue(entry, out var json))
            throw new InvalidDataException($"it has no entry '{entry}', so it is no checkpoint of this library");
        try
        {
            return JsonSerializer.Deserialize<T>(json, Json) ?? throw new InvalidDataException($"its entry '{entry}' is empty");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"its entry '{entry}' cannot be read: {fault.Message}", fault);
        }
    }

    private static string Hash(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var sha = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write)) SafeTensors.Write(stream, tensors, metadata);
        return Convert.ToHexStringLower(sha.Hash!);
    }
}
