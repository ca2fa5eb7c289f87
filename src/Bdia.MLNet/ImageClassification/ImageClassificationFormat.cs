using System.Text.Json;
using System.Text.Json.Nodes;
using Bdia.Core.ImageClassification;
using Bdia.Core.Reversible;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.ModelFiles;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using TorchSharp;
using static TorchSharp.torch;
using static Bdia.MLNet.ModelFiles.JsonParts;

namespace Bdia.MLNet.ImageClassification;

/// <summary>What stands in the JSON of a saved image classifier, written and read side by side.</summary>
internal static class ImageClassificationFormat
{
    /// <summary>Name of the loader in ML.NET's catalog of components.</summary>
    public const string Loader = "BdiaImageClassification";

    /// <summary>Marks the kind of model in ML.NET's header.</summary>
    public const string Signature = "BDIAIMGC";

    private const string Kind = "ImageClassification";

    public static void Save(BdiaImageClassificationTransformer transformer, ModelArchiveWriter archive)
    {
        var image = transformer.Image;
        var columns = transformer.Columns;
        archive.Begin(Signature, Loader);
        ModelPersistence.Save(archive, Kind, new JsonObject
        {
            ["columns"] = new JsonObject { ["features"] = image.Name, ["predictedLabel"] = columns.PredictedLabel,
                ["score"] = columns.Score },
            ["images"] = new JsonObject
            {
                ["form"] = image.Form.ToString(),
                ["channels"] = image.Shape.Channels,
                ["height"] = image.Shape.Height,
                ["width"] = image.Shape.Width,
                ["layout"] = image.Layout.ToString(),
                // Absent for vectors, and in models that were saved before there was a choice: those take pictures of their own size alone.
                ["fit"] = image.Fit is { } fit
                    ? new JsonObject { ["resizing"] = fit.Resizing.ToString(), ["background"] = fit.Ground.ToString() } : null,
            },
            ["classes"] = columns.Classes,
            ["labels"] = columns.Labels?.ToJson(),
            ["scoring"] = new JsonObject
            {
                ["badImages"] = transformer.BadImages.ToString(), ["batchSize"] = transformer.ScoringBatchSize,
                ["ensemble"] = transformer.Ensemble is { } together
                    ? new JsonObject { ["passes"] = together.Passes, ["gamma"] = together.Gamma } : null,
            },
            ["classifier"] = JsonNode.Parse(transformer.Model.ToJson()),
        }, transformer.Model.SaveWeights);
    }

    /// <exception cref="InvalidDataException">The entries are damaged, foreign, or from a newer version.</exception>
    public static BdiaImageClassificationTransformer Load(IHostEnvironment environment, ModelArchiveReader archive)
    {
        var host = environment.Register(nameof(BdiaImageClassificationTransformer));
        var device = DeviceChoice.Resolve(environment, null);
        return ModelPersistence.Load(archive, Kind, json => Describe(host, device, json));
    }

    private static Func<Stream, BdiaImageClassificationTransformer> Describe(IHost host, Device device, JsonElement json)
    {
        var (names, images, scoring) = (Part(json, "columns"), Part(json, "images"), Part(json, "scoring"));
        var shape = new ImageShape(Integer(images, "channels"), Integer(images, "height"), Integer(images, "width"));
        var fit = Find(images, "fit") is null ? null : Fit(Part(images, "fit"));
        var image = new ImageColumn(
            Name(names, "features"), Choice<ImageForm>(images, "form"), shape, Choice<PixelLayout>(images, "layout"), fit);
        var labels = Find(json, "labels") is { } values ? KeyValues.FromJson(values) : null;
        var columns = new ClassificationColumns(Name(names, "predictedLabel"), Name(names, "score"), Integer(json, "classes"), labels);
        columns.Check();
        var (badImages, batchSize) = (Choice<BadImagePolicy>(scoring, "badImages"), Integer(scoring, "batchSize"));
        BdiaTransformer.CheckScoringBatchSize(batchSize);
        var ensemble = Find(scoring, "ensemble") is null ? null : Ensemble(Part(scoring, "ensemble"));
        var classifierJson = Part(json, "classifier");
        return weights => ModelPersistence.Owned(ImageClassifier.Load(weights, classifierJson, device), classifier =>
        {
            var network = classifier.Model.Options;
            if ((network.Channels, network.ImageHeight, network.ImageWidth, network.Classes) != (shape.Channels,
                shape.Height, shape.Width, columns.Classes))
                throw new InvalidDataException(
                    $"The entry '{ModelPersistence.DescriptionEntry}' contradicts itself: the network takes other images or classes "
                    + $"than {shape} and {columns.Classes}.");
            classifier.Ensemble = ensemble;
            return new BdiaImageClassificationTransformer(host, classifier, image, columns, badImages, batchSize);
        });
    }

    private static GammaEnsemble Ensemble(JsonElement json)
    {
        var ensemble = new GammaEnsemble { Passes = Integer(json, "passes"), Gamma = Number(json, "gamma") };
        ensemble.Validate();
        return ensemble;
    }

    private static ImageFit Fit(JsonElement json)
        => new(Choice<ImageResizingEstimator.ResizingKind>(json, "resizing"), Ground.Parse(Text(json, "background")));
}
