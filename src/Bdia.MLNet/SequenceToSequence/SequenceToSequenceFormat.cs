using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet.Internals;
using Bdia.MLNet.ModelFiles;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Runtime;
using TorchSharp;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>What stands in the JSON of a saved translator, written and read side by side.</summary>
internal static class SequenceToSequenceFormat
{
    /// <summary>Name of the loader in ML.NET's catalog of components.</summary>
    public const string Loader = "BdiaSequenceToSequence";

    /// <summary>Marks the kind of model in ML.NET's header.</summary>
    public const string Signature = "BDIASEQ2";

    private const string Kind = "SequenceToSequence";

    private static readonly JsonSerializerOptions json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter() } };

    public static void Save(BdiaSequenceToSequenceTransformer transformer, ModelArchiveWriter archive)
    {
        var columns = transformer.Columns;
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = new JsonObject
            {
                ["source"] = columns.Source,
                ["predictedText"] = columns.PredictedText,
                ["score"] = columns.Score,
                ["predictedTexts"] = columns.PredictedTexts,
                ["scores"] = columns.Scores,
                ["finished"] = columns.Finished,
            },
            ["scoring"] = new JsonObject
            {
                ["longTexts"] = transformer.LongTexts.ToString(),
                ["batchSize"] = transformer.ScoringBatchSize,
                ["decoding"] = JsonSerializer.SerializeToNode(transformer.Decoding, json),
            },
            ["translator"] = JsonNode.Parse(transformer.Model.ToJson()),
        }, transformer.Model.SaveWeights);
    }

    /// <exception cref="InvalidDataException">The entries are damaged, foreign, or from a newer version.</exception>
    public static BdiaSequenceToSequenceTransformer Load(IHostEnvironment environment, ModelArchiveReader archive)
    {
        var host = environment.Register(nameof(BdiaSequenceToSequenceTransformer));
        var device = DeviceChoice.Resolve(environment, null);
        return ModelPersistence.Load(archive, Kind, (description, weights) => Create(host, device, description, weights));
    }

    private static BdiaSequenceToSequenceTransformer Create(IHost host, torch.Device device, JsonElement description, Stream weights)
    {
        var (names, scoring) = (Part(description, "columns"), Part(description, "scoring"));
        var columns = new TextColumns(
            Value<string>(names, "source"), Value<string>(names, "predictedText"), Value<string>(names, "score"),
            Value<string>(names, "predictedTexts"), Value<string>(names, "scores"), Find(names, "finished") is null ? null : Value<string>(names, "finished"));
        var decoding = Part(scoring, "decoding").Deserialize<DecodingOptions>(json)!;
        decoding.Validate();
        var (longTexts, batchSize) = (Choice<LongTextPolicy>(scoring, "longTexts"), Value<int>(scoring, "batchSize"));
        var translator = Translator.Load(weights, Part(description, "translator"), device);
        try
        {
            return new BdiaSequenceToSequenceTransformer(host, translator, columns, decoding, longTexts, batchSize);
        }
        catch
        {
            translator.Dispose();
            throw;
        }
    }
}
