using System.Security.Cryptography;
using Bdia.Core.Formats;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>A checkpoint taken apart, and put together again with a hash that fits.</summary>
internal static class CheckpointParts
{
    private const string HashEntry = "sha256";

    public static byte[] Reseal(byte[] file, Action<List<KeyValuePair<string, Tensor>>, Dictionary<string, string>> change)
    {
        using var content = SafeTensors.Read(new MemoryStream(file));
        var (tensors, metadata) = (content.Tensors.ToList(), content.Metadata.Where(pair => pair.Key != HashEntry).ToDictionary());
        change(tensors, metadata);
        metadata[HashEntry] = Convert.ToHexStringLower(SHA256.HashData(Write(tensors, metadata)));
        return Write(tensors, metadata);
    }

    private static byte[] Write(List<KeyValuePair<string, Tensor>> tensors, Dictionary<string, string> metadata)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }
}
