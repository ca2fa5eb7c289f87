using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.Texts;

/// <summary>What stands alike in the JSON of all models that write texts: their columns, and how texts are found.</summary>
/// <param name="source">What the column that is read is called there.</param>
/// <param name="hasFinished">Whether every model of the kind adds the column that says whether a text is finished; some translators were
/// saved before there was one.</param>
internal sealed class WriterFormat(string source, bool hasFinished)
{
    private static readonly JsonSerializerOptions json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter() } };

    public JsonObject Write(TextColumns columns) => new()
    {
        [source] = columns.Source,
        ["predictedText"] = columns.PredictedText,
        ["score"] = columns.Score,
        ["predictedTexts"] = columns.PredictedTexts,
        ["scores"] = columns.Scores,
        ["finished"] = columns.Finished,
        ["tokenLogProbabilities"] = columns.TokenLogProbabilities,
    };

    public static JsonNode? Write(DecodingOptions decoding) => JsonSerializer.SerializeToNode(decoding, json);

    /// <exception cref="FormatException">A name is missing, or stands for two columns.</exception>
    public TextColumns ReadColumns(JsonElement description)
    {
        var names = Part(description, "columns");
        var columns = new TextColumns(
            Name(names, source), Name(names, "predictedText"), Name(names, "score"), Name(names, "predictedTexts"), Name(names, "scores"),
            hasFinished ? Name(names, "finished") : OptionalName(names, "finished"), OptionalName(names, "tokenLogProbabilities"));
        string?[] added =
        [
            columns.PredictedText, columns.Score, columns.PredictedTexts, columns.Scores, columns.Finished, columns.TokenLogProbabilities,
        ];
        if (added.OfType<string>().Distinct().Count() < added.OfType<string>().Count())
            throw new FormatException($"Two of the columns that are added have the same name: {string.Join(", ", added)}.");
        return columns;
    }

    /// <summary>The options as they stand there; nothing is known of their ranges.</summary>
    /// <exception cref="FormatException">There are none.</exception>
    public static DecodingOptions ReadDecoding(JsonElement scoring) => Part(scoring, "decoding").Deserialize<DecodingOptions>(json)!;
}
