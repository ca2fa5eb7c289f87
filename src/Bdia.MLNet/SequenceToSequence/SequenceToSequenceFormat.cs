using System.Text.Json;
using System.Text.Json.Nodes;
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

    private static readonly WriterFormat format = new("source", hasFinished: false);

    public static void Save(BdiaSequenceToSequenceTransformer transformer, ModelArchiveWriter archive)
    {
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = format.Write(transformer.Columns),
            ["scoring"] = new JsonObject
            {
                ["longTexts"] = transformer.LongTexts.ToString(),
                ["batchSize"] = transformer.ScoringBatchSize,
                ["decoding"] = WriterFormat.Write(transformer.Decoding),
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
        var (columns, scoring) = (format.ReadColumns(description), Part(description, "scoring"));
        var (decoding, longTexts) = (WriterFormat.ReadDecoding(scoring), Choice<LongTextPolicy>(scoring, "longTexts"));
        if (!decoding.Sample)
            decoding = decoding.WithoutSampling(); // what was saved with it had no effect
        decoding.Validate();
        var batchSize = Integer(scoring, "batchSize");
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var translatorJson = Part(description, "translator");
        return weights => ModelPersistence.Owned(Translator.Load(weights, translatorJson, device),
            translator => new BdiaSequenceToSequenceTransformer(host, translator, columns, decoding, longTexts, batchSize));
    }
}
