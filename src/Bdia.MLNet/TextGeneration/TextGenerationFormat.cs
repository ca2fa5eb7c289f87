using System.Text.Json;
using System.Text.Json.Nodes;
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

    private static readonly WriterFormat format = new("prompt", hasFinished: true);

    public static void Save(BdiaTextGenerationTransformer transformer, ModelArchiveWriter archive)
    {
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = format.Write(transformer.Columns),
            ["scoring"] = new JsonObject
            {
                ["batchSize"] = transformer.ScoringBatchSize,
                ["decoding"] = WriterFormat.Write(transformer.Decoding),
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
        var (columns, scoring) = (format.ReadColumns(description), Part(description, "scoring"));
        var (decoding, batchSize) = (WriterFormat.ReadDecoding(scoring), Integer(scoring, "batchSize"));
        decoding.Validate();
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var generatorJson = Part(description, "generator");
        return weights => ModelPersistence.Owned(TextGenerator.Load(weights, generatorJson, device),
            generator => new BdiaTextGenerationTransformer(host, generator, columns, decoding, batchSize));
    }
}
