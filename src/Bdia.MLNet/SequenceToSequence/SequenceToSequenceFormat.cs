using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet.Internals;
using Bdia.MLNet.ModelFiles;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>What stands in the JSON of a saved translator, written and read side by side.</summary>
internal static class SequenceToSequenceFormat
{
    /// <summary>Name of the loader in ML.NET's catalog of components.</summary>
    public const string Loader = "BdiaSequenceToSequence";

    /// <summary>Marks the kind of model in ML.NET's header.</summary>
    public const string Signature = "BDIASEQ2";

    /// <summary>The task: kind of the model, and of the columns that it adds.</summary>
    public const string Kind = "SequenceToSequence";

    private static readonly JsonSerializerOptions json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter() } };

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
                ["tokenLogProbabilities"] = columns.TokenLogProbabilities,
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
        return ModelPersistence.Load(archive, Kind, description => Describe(host, device, description));
    }

    private static Func<Stream, BdiaSequenceToSequenceTransformer> Describe(IHost host, Device device, JsonElement description)
    {
        var (names, scoring) = (Part(description, "columns"), Part(description, "scoring"));
        var columns = new TextColumns(
            Name(names, "source"), Name(names, "predictedText"), Name(names, "score"), Name(names, "predictedTexts"), Name(names, "scores"),
            OptionalName(names, "finished"), OptionalName(names, "tokenLogProbabilities"));
        string?[] added =
        [
            columns.PredictedText, columns.Score, columns.PredictedTexts, columns.Scores, columns.Finished, columns.TokenLogProbabilities,
        ];
        if (added.OfType<string>().Distinct().Count() < added.OfType<string>().Count())
            throw new FormatException($"Two of the columns that are added have the same name: {string.Join(", ", added)}.");
        var decoding = Part(scoring, "decoding").Deserialize<DecodingOptions>(json)!;
        if (!decoding.Sample)
            decoding = decoding.WithoutSampling(); // what was saved with it had no effect
        decoding.Validate();
        var (longTexts, batchSize) = (Choice<LongTextPolicy>(scoring, "longTexts"), Integer(scoring, "batchSize"));
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var translatorJson = Part(description, "translator");
        return weights =>
        {
            var translator = Translator.Load(weights, translatorJson, device);
            try
            {
                return new BdiaSequenceToSequenceTransformer(host, translator, columns, decoding, longTexts, batchSize);
            }
            catch
            {
                translator.Dispose();
                throw;
            }
        };
    }
}
