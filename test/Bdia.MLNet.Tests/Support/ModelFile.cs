using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.Support;

/// <summary>A saved model that a test alters: as it stands, or with its hashes made anew, as whoever means harm would.</summary>
internal sealed class ModelFile(string path)
{
    public const string Weights = "Model.safetensors", Description = "Model.json", Key = "Model.key";

    private string Folder()
    {
        using var zip = ZipFile.OpenRead(path);
        return zip.Entries.Single(entry => entry.Name == Description).FullName[..^Description.Length];
    }

    public byte[] Read(string entry)
    {
        var name = Folder() + entry;
        using var zip = ZipFile.OpenRead(path);
        using var stream = zip.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    public void Write(string entry, byte[] content)
    {
        var name = Folder() + entry;
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        zip.GetEntry(name)!.Delete();
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(content);
    }

    /// <summary>Puts another description in, with a seal that fits it.</summary>
    public void Reseal(byte[] description)
    {
        var key = Read(Key);
        SHA256.HashData(description, Seal(key));
        Write(Description, description);
        Write(Key, key);
    }

    /// <summary>The description's hash within ML.NET's header, as long as it fits the description.</summary>
    public Span<byte> Seal(byte[] key) => key.AsSpan(key.AsSpan().IndexOf(SHA256.HashData(Read(Description))), SHA256.HashSizeInBytes);

    public void Reseal(Action<JsonObject> change)
    {
        var json = JsonNode.Parse(Read(Description))!.AsObject();
        change(json);
        Reseal(JsonSerializer.SerializeToUtf8Bytes(json));
    }

    /// <summary>Puts other weights in, with hashes that fit them.</summary>
    public void ResealWeights(byte[] weights)
    {
        Write(Weights, weights);
        Reseal(json => json["weights"] = new JsonObject { ["entry"] = Weights, ["bytes"] = weights.Length,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(weights)) });
    }

    public void Replace(string text, string by)
        => Reseal(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Read(Description)).Replace(text, by, StringComparison.Ordinal)));

    /// <summary>The fault that is promised for a file that cannot be used.</summary>
    public string Fault()
        => Assert.IsType<InvalidDataException>(
        Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(path, out _)).GetBaseException()).Message;
}
