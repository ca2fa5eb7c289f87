using System.Text.Json;

namespace Bdia.MLNet.ModelFiles;

/// <summary>
/// What a part of a model file may be at most: looked at before it is read, so that a small file cannot ask for any amount of time or
/// memory.
/// </summary>
internal static class ModelLimits
{
    /// <summary>
    /// Bytes of the description. Label values and tokenizers make it large: those of a quarter of a million tokens come to about 20 MB.
    /// </summary>
    public const long DescriptionBytes = 64L << 20;

    /// <summary>Nesting of the description.</summary>
    public const int DescriptionDepth = 64;

    /// <summary>Values, names and brackets in the description.</summary>
    public const int DescriptionTokens = 4_000_000;

    // Weights are nearly incompressible (1.1 to 1); a small network's are mostly the names of its tensors.
    private const long Inflation = 64, InflationFrom = 1 << 20;

    /// <summary>Bytes that the weights may inflate to.</summary>
    /// <param name="compressed">Bytes that they take in the file.</param>
    public static long WeightBytes(long compressed) => InflationFrom + compressed * Inflation;

    /// <summary>Counts what is in a JSON text, before anything is made of it.</summary>
    /// <exception cref="JsonException">It is no JSON, nested too deeply, or has too many parts.</exception>
    public static void RequireModest(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DescriptionDepth });
        for (var tokens = 0; reader.Read(); tokens++)
        {
            if (tokens == DescriptionTokens)
                throw new JsonException($"It has more than {DescriptionTokens} values, which is the most that is read.");
        }
    }
}
