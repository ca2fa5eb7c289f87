using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bdia.Core.Text;

/// <summary>What a program in another language needs to know of a network that reads texts, as JSON.</summary>
internal static class PortableDescription
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The JSON of a record.</summary>
    public static byte[] Of<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, Json);
}

/// <summary>Ids that stand for no token of a tokenizer, as other programs are told of them.</summary>
/// <param name="Padding">Fills short rows of a batch.</param>
/// <param name="Start">What is given first where a text is written.</param>
/// <param name="End">Stands behind a text.</param>
/// <param name="FirstToken">The id of the tokenizer's token 0.</param>
internal sealed record PortableIds(int Padding, int Start, int End, int FirstToken)
{
    /// <summary>Those of every network of ours.</summary>
    public static PortableIds Ours { get; } = new(SpecialTokens.Padding, SpecialTokens.Start, SpecialTokens.End, SpecialTokens.Count);
}
