using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>A way to alter a file.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Reseals">Whether hashes are made to fit afterwards, so that a model which loads may answer otherwise.</param>
/// <param name="Alter">Does it.</param>
internal sealed record Alteration(string Name, bool Reseals, Func<byte[], Random, byte[]> Alter);

/// <summary>The ways.</summary>
internal static class Alterations
{
    private static readonly string[] entries = ["Model.json", "Model.safetensors", "Model.key"];

    /// <summary>Of a model file, a zip with a description, weights and a seal.</summary>
    public static IReadOnlyList<Alteration> OfModels { get; } =
    [
        new("bytes of the file", false, (file, random) => Bytes(file, random)),
        new("the file cut short", false, (file, random) => file[..random.Next(file.Length)]),
        new("bytes of an entry", false, (file, random) => Entry(file, random, Bytes)),
        new("an entry cut short or longer", false,
            (file, random) => Entry(file, random, (content, r) => r.Next(2) == 0 ? content[..r.Next(content.Length)]
            : [.. content, .. new byte[r.Next(1, 99)]])),
        new("bytes of the description, hashes made to fit", true,
            (file, random) => Parts(file, parts => parts.Reseal(Bytes(parts["Model.json"], random)))),
        new("values of the description, hashes made to fit", true,
            (file, random) => Parts(file, parts => parts.Reseal(Encoding.UTF8.GetBytes(Values(parts["Model.json"], random))))),
        new("bytes of the weights' header, hashes made to fit", true,
            (file, random) => Parts(file, parts => parts.ResealWeights(Header(parts["Model.safetensors"], random)))),
        new("values of weights, hashes made to fit", true,
            (file, random) => Parts(file, parts => parts.ResealWeights(Weights(parts["Model.safetensors"], random)))),
        new("the tokenizer, hashes made to fit", true,
            (file, random) => Parts(file, parts => parts.Reseal(Tokenizer(parts["Model.json"], random)))),
    ];

    /// <summary>Of a checkpoint, one safetensors file that holds its own hash.</summary>
    public static IReadOnlyList<Alteration> OfCheckpoints { get; } =
    [
        new("bytes of the file", false, (file, random) => Bytes(file, random)),
        new("the file cut short or longer", false, (file, random) => random.Next(2) == 0 ? file[..random.Next(file.Length)]
            : [.. file, .. new byte[random.Next(1, 99)]]),
        new("bytes of the header", false, (file, random) => Header(file, random)),
        new("values of the state, hash made to fit", true,
            (file, random) => CheckpointParts.Reseal(file, (tensors, metadata) => Text(metadata, "state", random))),
        new("values of the identity, hash made to fit", true,
            (file, random) => CheckpointParts.Reseal(file, (tensors, metadata) => Text(metadata, "identity", random))),
        new("values of tensors, hash made to fit", true,
            (file, random) => CheckpointParts.Reseal(Weights(file, random), (_, _) => { })),
        new("tensors left out or renamed, hash made to fit", true,
            (file, random) => CheckpointParts.Reseal(file, (tensors, _) => Names(tensors, random))),
    ];

    private static void Text(Dictionary<string, string> metadata, string entry, Random random)
        => metadata[entry] = Values(Encoding.UTF8.GetBytes(metadata[entry]), random);

    private static void Names(List<KeyValuePair<string, TorchSharp.torch.Tensor>> tensors, Random random)
    {
        var at = random.Next(tensors.Count);
        if (random.Next(2) == 0) tensors.RemoveAt(at);
        else tensors[at] = new(tensors[at].Key + "x", tensors[at].Value);
    }

    private static byte[] Parts(byte[] file, Action<ZipParts> change)
    {
        var parts = new ZipParts(file);
        change(parts);
        return parts.ToFile();
    }

    private static byte[] Entry(byte[] file, Random random, Func<byte[], Random, byte[]> change) => Parts(file, parts =>
    {
        var name = entries[random.Next(entries.Length)];
        parts[name] = change(parts[name], random);
    });

    private static byte[] Bytes(byte[] content, Random random)
    {
        var altered = (byte[])content.Clone();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(altered.Length);
            altered[at] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(altered[at] ^ (1 << random.Next(8)));
        }

        return altered;
    }

    private static byte[] Header(byte[] weights, Random random)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(weights) + sizeof(long);
        return [.. Bytes(weights[..length], random), .. weights[length..]];
    }

    private static byte[] Weights(byte[] weights, Random random)
    {
        float[] odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -1e30f, 1e4f, float.Epsilon, -0f];
        var (altered, first) = ((byte[])weights.Clone(), (int)BinaryPrimitives.ReadInt64LittleEndian(weights) + sizeof(long));
        for (var i = random.Next(1, 4); i > 0; i--)
            BinaryPrimitives.WriteSingleLittleEndian(
                altered.AsSpan(first + (sizeof(float) * random.Next((altered.Length - first) / sizeof(float)))),
                odd[random.Next(odd.Length)]);
        return altered;
    }

    private static string Values(byte[] json, Random random)
    {
        var root = JsonNode.Parse(json)!;
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var places = Places(root).ToList();
            var (parent, name, index) = places[random.Next(places.Count)];
            var value = Odd(random, name is not null ? parent[name] : parent[index]);
            if (parent is JsonObject fields && random.Next(8) == 0) fields.Remove(name!);
            else if (name is not null) parent[name] = value;
            else if (random.Next(4) == 0) parent.AsArray().Insert(index, value);
            else parent[index] = value;
        }

        return root.ToJsonString();
    }

    // Every place in the tree: a field of an object, or an element of an array.
    private static IEnumerable<(JsonNode Parent, string? Name, int Index)> Places(JsonNode? node) => node switch
    {
        JsonObject fields => fields.ToArray().SelectMany(field => Places(field.Value).Prepend((fields, field.Key, 0))),
        JsonArray elements => Enumerable.Range(0, elements.Count).SelectMany(i => Places(elements[i]).Prepend((elements, null, i))),
        _ => [],
    };

    private static JsonNode? Odd(Random random, JsonNode? before) => random.Next(20) switch
    {
        0 => null,
        1 => 0,
        2 => -1,
        3 => 1,
        4 => int.MaxValue,
        5 => int.MinValue,
        6 => long.MaxValue,
        7 => 1e308,
        8 => 1e-308,
        9 => 300_000,
        10 => "",
        11 => "x",
        12 => new string('y', 5000),
        13 => new JsonArray(),
        14 => new JsonObject(),
        15 => true,
        16 => new JsonArray(1, "2", null),
        17 => random.Next(100),
        18 when before is JsonValue value && value.TryGetValue<int>(out var number) => number + (random.Next(2) == 0 ? 1 : -1),
        19 when before is JsonValue value && value.TryGetValue<string>(out var text) => text + "\0\ud83d\ude00",
        _ => before?.DeepClone(),
    };

    // "BDIATOKN", version, length, SHA-256, JSON.
    private static byte[] Tokenizer(byte[] json, Random random)
    {
        const int LengthAt = 12, HashAt = 16, ContentAt = HashAt + SHA256.HashSizeInBytes;
        var root = JsonNode.Parse(json)!;
        if (root["translator"] is not { } translator) return Bytes(json, random);
        var document = Convert.FromBase64String((string)translator["SourceTokenizer"]!);
        var content = random.Next(3) == 0 ? Bytes(document[ContentAt..], random)
            : Encoding.UTF8.GetBytes(Values(document[ContentAt..], random));
        byte[] altered = [.. document[..ContentAt], .. content];
        BinaryPrimitives.WriteInt32LittleEndian(altered.AsSpan(LengthAt), content.Length);
        SHA256.HashData(content, altered.AsSpan(HashAt));
        translator["SourceTokenizer"] = Convert.ToBase64String(altered);
        return JsonSerializer.SerializeToUtf8Bytes(root);
    }
}
