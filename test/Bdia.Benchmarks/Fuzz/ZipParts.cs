using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>
/// The entries of a model file, to be altered and put together again; hashes can be made to fit, as whoever means harm would.
/// </summary>
internal sealed class ZipParts
{
    private readonly List<(string Name, byte[] Content)> entries = [];
    private readonly string folder;

    public ZipParts(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        foreach (var entry in zip.Entries)
        {
            using var stream = entry.Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            entries.Add((entry.FullName, content.ToArray()));
        }

        folder = entries.Single(entry => entry.Name.EndsWith("Model.json", StringComparison.Ordinal)).Name[..^"Model.json".Length];
    }

    public byte[] this[string name]
    {
        get => entries.Single(entry => entry.Name == folder + name).Content;
        set => entries[entries.FindIndex(entry => entry.Name == folder + name)] = (folder + name, value);
    }

    /// <summary>Puts another description in, with a seal that fits it.</summary>
    public void Reseal(byte[] description)
    {
        var key = (byte[])this["Model.key"].Clone();
        var at = key.AsSpan().IndexOf(SHA256.HashData(this["Model.json"]));
        SHA256.HashData(description, key.AsSpan(at));
        (this["Model.json"], this["Model.key"]) = (description, key);
    }

    /// <summary>Puts other weights in, with hashes that fit them.</summary>
    public void ResealWeights(byte[] weights)
    {
        this["Model.safetensors"] = weights;
        var json = JsonNode.Parse(this["Model.json"])!;
        (json["weights"]!["bytes"], json["weights"]!["sha256"]) = (weights.Length, Convert.ToHexStringLower(SHA256.HashData(weights)));
        Reseal(JsonSerializer.SerializeToUtf8Bytes(json));
    }

    public byte[] ToFile()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }
}
