using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using Bdia.Core.TextGeneration;
using Bdia.MLNet.Internals;
using Bdia.MLNet.ModelFiles;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.TextGeneration;

/// <summary>What stands in the JSON of a saved generator, written and read side by side.</summary>
internal static class TextGenerationFormat
{
    /// <summary>Name of the loader in ML.NET's catalog of components.</summary>
    public const string Loader = "BdiaTextGeneration";

    /// <summary>Marks the kind of model in ML.NET's header.</summary>
    public const string Signature = "BDIAGENR";

    /// <summary>The task: kind of the model, and of the columns that it adds.</summary>
    public const string Kind = "TextGeneration";

    private static readonly JsonSerializerOptions json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter() } };

    public static void Save(BdiaTextGenerationTransformer transformer, ModelArchiveWriter archive)
    {
        var columns = transformer.Columns;
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = new JsonObject
            {
                ["prompt"] = columns.Source,
                ["predictedText"] = columns.PredictedText,
                ["score"] = columns.Score,
                ["predictedTexts"] = columns.PredictedTexts,
                ["scores"] = columns.Scores,
                ["finished"] = columns.Finished,
                ["tokenLogProbabilities"] = columns.TokenLogProbabilities,
            },
            ["scoring"] = new JsonObject
            {
                ["batchSize"] = transformer.ScoringBatchSize,
                ["decoding"] = JsonSerializer.SerializeToNode(transformer.Decoding, json),
            },
            ["generator"] = JsonNode.Parse(transformer.Model.ToJson()),
        }, transformer.Model.SaveWeights);
    }

    /// <exception cref="InvalidDataException">The entries are damaged, foreign, or from a newer version.</exception>
    public static BdiaTextGenerationTransformer Load(IHostEnvironment environment, ModelArchiveReader archive)
    {
        var host = environment.Register(nameof(BdiaTextGenerationTransformer));
        var device = DeviceChoice.Resolve(environment, null);
        return ModelPersistence.Load(archive, Kind, description => Describe(host, device, description));
    }

    private static Func<Stream, BdiaTextGenerationTransformer> Describe(IHost host, Device device, JsonElement description)
    {
        var (names, scoring) = (Part(description, "columns"), Part(description, "scoring"));
        var columns = new TextColumns(
            Name(names, "prompt"), Name(names, "predictedText"), Name(names, "score"), Name(names, "predictedTexts"), Name(names, "scores"),
            Name(names, "finished"), OptionalName(names, "tokenLogProbabilities"));
        string?[] added =
        [
            columns.PredictedText, columns.Score, columns.PredictedTexts, columns.Scores, columns.Finished, columns.TokenLogProbabilities,
        ];
        if (added.OfType<string>().Distinct().Count() < added.OfType<string>().Count())
            throw new FormatException($"Two of the columns that are added have the same name: {string.Join(", ", added)}.");
        var decoding = Part(scoring, "decoding").Deserialize<DecodingOptions>(json)!;
        decoding.Validate();
        var batchSize = Integer(scoring, "batchSize");
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var generatorJson = Part(description, "generator");
        return weights =>
        {
            var generator = TextGenerator.Load(weights, generatorJson, device);
            try
            {
                return new BdiaTextGenerationTransformer(host, generator, columns, decoding, batchSize);
            }
            catch
            {
                generator.Dispose();
                throw;
            }
        };
    }
}
