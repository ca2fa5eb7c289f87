using System.Text.Json;
using System.Text.Json.Nodes;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.ModelFiles;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.TextClassification;

/// <summary>What stands in the JSON of a saved text classifier, written and read side by side.</summary>
internal static class TextClassificationFormat
{
    /// <summary>Name of the loader in ML.NET's catalog of components.</summary>
    public const string Loader = "BdiaTextClassification";

    /// <summary>Marks the kind of model in ML.NET's header.</summary>
    public const string Signature = "BDIATXTC";

    private const string Kind = "TextClassification";

    public static void Save(BdiaTextClassificationTransformer transformer, ModelArchiveWriter archive)
    {
        var columns = transformer.Columns;
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = new JsonObject
            {
                ["sentence1"] = transformer.Sentences.First,
                ["sentence2"] = transformer.Sentences.Second,
                ["predictedLabel"] = columns.PredictedLabel,
                ["score"] = columns.Score,
            },
            ["classes"] = columns.Classes,
            ["labels"] = columns.Labels?.ToJson(),
            ["scoring"] = new JsonObject
            {
                ["longTexts"] = transformer.LongTexts.ToString(),
                ["batchSize"] = transformer.ScoringBatchSize,
            },
            ["classifier"] = JsonNode.Parse(transformer.Model.ToJson()),
        }, transformer.Model.SaveWeights);
    }

    /// <exception cref="InvalidDataException">The entries are damaged, foreign, or from a newer version.</exception>
    public static BdiaTextClassificationTransformer Load(IHostEnvironment environment, ModelArchiveReader archive)
    {
        var host = environment.Register(nameof(BdiaTextClassificationTransformer));
        var device = DeviceChoice.Resolve(environment, null);
        return ModelPersistence.Load(archive, Kind, json => Describe(host, device, json));
    }

    private static Func<Stream, BdiaTextClassificationTransformer> Describe(IHost host, Device device, JsonElement json)
    {
        var (names, scoring) = (Part(json, "columns"), Part(json, "scoring"));
        var sentences = new SentenceColumns(Name(names, "sentence1"), Find(names, "sentence2") is null ? null : Name(names, "sentence2"));
        var labels = Find(json, "labels") is { } values ? KeyValues.FromJson(values) : null;
        var columns = new ClassificationColumns(Name(names, "predictedLabel"), Name(names, "score"), Integer(json, "classes"), labels);
        columns.Check();
        var (longTexts, batchSize) = (Choice<LongTextPolicy>(scoring, "longTexts"), Integer(scoring, "batchSize"));
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var classifierJson = Part(json, "classifier");
        return weights => ModelPersistence.Owned(TextClassifier.Load(weights, classifierJson, device), classifier =>
        {
            var network = classifier.Model.Options;
            if ((network.Classes, network.Pairs) != (columns.Classes, sentences.Second is not null))
                throw new InvalidDataException(
                    $"The entry '{ModelPersistence.DescriptionEntry}' contradicts itself: the network has {network.Classes} classes "
                    + $"and reads {(network.Pairs ? 2 : 1)} columns, the model {columns.Classes} and "
                    + $"{(sentences.Second is null ? 1 : 2)}.");
            return new BdiaTextClassificationTransformer(host, classifier, sentences, columns, longTexts, batchSize);
        });
    }
}
