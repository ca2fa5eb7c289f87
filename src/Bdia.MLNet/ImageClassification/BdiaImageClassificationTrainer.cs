using Bdia.Core.ImageClassification;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.Columns;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// Trains a vision transformer to tell images apart, from scratch or from weights that were trained before, with exact reversible
/// back-propagation: memory stays flat in the
/// network's depth, and every state is rebuilt bit for bit.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// To create this trainer, use `mlContext.MulticlassClassification.Trainers.BdiaImageClassification(...)`.
///
/// ### Input and Output Columns
/// | Column | Type | Description |
/// | -- | -- | -- |
/// | `Features` | MLImage, known-size vector of Single, or variable vector of Byte | The image: loaded, as pixel values, or as the bytes of
/// a file |
/// | `Label` | Key | The class; a missing label leaves the row out of training |
/// | `PredictedLabel` | Key | The most probable class, with the label's key values; missing where the image cannot be used |
/// | `Score` | Vector of Single | The probability of each class, with slot names; NaN where the image cannot be used |
///
/// ### Trainer Characteristics
/// | | |
/// | -- | -- |
/// | Machine learning task | Multiclass classification |
/// | Do images need one size? | No: MLImages and files are resized, and files turned upright by their EXIF orientation |
/// | Is normalization required? | No: mean and deviation per channel are measured, or taken from initial weights, and kept with the model |
/// | Is caching required? | No: pixels are kept in memory up to a budget |
/// | Required packages | Bdia.MLNet and libtorch-cpu (or a libtorch-cuda package) for the platform |
/// | Exportable to ONNX | Yes, from pixel vectors; of pictures the network, by SaveOnnx of the transformer |
///
/// ### Training Algorithm Details
/// See *On Exact Bit-level Reversible Transformers Without Changing Architectures* (arXiv 2407.09093). When scoring, the network is the
/// standard vision transformer.
/// ]]></format>
/// </remarks>
public sealed partial class BdiaImageClassificationTrainer : BdiaTrainer<BdiaImageClassificationTransformer>
{
    private readonly Options options;

    internal BdiaImageClassificationTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BdiaImageClassificationTrainer), OptionsMapping.Validate(options))
        => this.options = options.Copy();

    private protected override IEnumerable<ColumnRequirement> Requirements =>
        [ImageColumn.Requirement(options.FeatureColumnName), LabelColumn.Requirement(options.LabelColumnName)];

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape input)
        => ClassificationColumns.Shapes(options.PredictedLabelColumnName, options.ScoreColumnName,
            input.First(column => column.Name == options.LabelColumnName))
            .Append(PixelNames.Shape(input.First(column => column.Name == options.FeatureColumnName)));

    /// <summary>
    /// What training on such rows takes in memory, part by part, without allocating any of it. Where neither the options nor the column's
    /// type tell the size of the images, some of them are read.
    /// </summary>
    /// <param name="input">The rows to train on: the size of the images and the number of classes matter.</param>
    /// <returns>Sizes in bytes; where <see cref="BdiaTrainerOptions.TrainingMemoryBytes"/> is given, of the batches that it leads to. A
    /// batch size that is left open is taken to be 128, the most that it becomes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="ArgumentException">The images do not suit the options, or not even one at a time fits the memory
    /// budget.</exception>
    /// <exception cref="InvalidDataException">The size of the images is in none of the rows.</exception>
    public MemoryEstimate EstimateMemory(IDataView input)
    {
        CheckColumns(input);
        using var initial = InitialNetwork.Open(options);
        var model = Model(input, LabelColumn.Of(input, options.LabelColumnName), initial, out _, out _);
        var training = OptionsMapping.Training(options, Seed);
        // What is estimated for random weights otherwise is Muon's.
        if (initial is not null) training = training with { Optimizer = training.Optimizer ?? OptimizerKind.AdamW };
        training = MemoryBudget.Fit(model, training);
        return MemoryEstimate.ForImages(MemoryBudget.Keep(model, training), training);
    }

    private protected override BdiaImageClassificationTransformer Train(IDataView trainData, IDataView? validationData)
    {
        var label = LabelColumn.Of(trainData, options.LabelColumnName);
        if (validationData is not null)
            label.CheckSameKeys(validationData.Schema);
        using var initial = InitialNetwork.Open(options);
        var model = Model(trainData, label, initial, out var image, out var note);
        initial?.CheckForm(image, options.Normalizing);
        var device = DeviceChoice.Resolve(Environment, options.Device);
        var seed = RunSeed();

        using var log = new TrainingLog(Host, "Training", new LogFigures("images"), options.Progress, Speaks);
        log.Info($"Training on images of {image.Shape} in {label.Classes} classes; network: patch {model.PatchSize}, width "
            + $"{model.Width}, {model.Depth} blocks, {model.Heads} heads; seed {seed}{(seed == Seed ? "" : " (the checkpoint's)")}; "
            + $"device {device}.");
        log.Recipe(options.Recipe, ImageRecipe.Of);
        if (note is not null)
            log.Warning(note);
        if (image.Form == ImageForm.Image)
            log.Info("Which way up a camera was held, and whether a file was whole, is lost in an MLImage: to have such files turned "
                + "upright and cut ones refused, load them with LoadRawImageBytes.");
        log.Precision(model.Precision, device);
        var start = Start(initial, label, log);
        return Run(
            log,
            () => ImageClassifierTraining.Run(
                model, OptionsMapping.Training(options, seed), OptionsMapping.Images(options, initial?.Weights.Pixels),
                Rows(trainData, LabelledRowCensus.Training), validationData is null ? null : Rows(validationData, "validation"),
                device, log, log, IsCanceled, start, options.CancellationToken),
            classifier => classifier.Result,
            classifier => new BdiaImageClassificationTransformer(
                Host, classifier, image, new ClassificationColumns(options.PredictedLabelColumnName,
                    options.ScoreColumnName, label.Classes, label.Values),
                options.BadImages, options.ScoringBatchSize));

        LabelledImageRows Rows(IDataView data, string what) => new(data, what, label, image, options.BadImages, Host);
    }

    // What is begun with, and what there is to say of it.
    private ImageStart? Start(InitialNetwork? initial, LabelColumn label, TrainingLog log)
    {
        if (initial is null) return null;
        var kept = initial.Kept(label, out var told);
        log.Info($"Training begins with the weights of {initial.Title}. {told}");
        foreach (var note in initial.Weights.Notes) log.Info(note);
        if (options.Normalizing == PixelNormalizing.Automatic && initial is { Own: null, Weights.Pixels: null })
            log.Warning("Nothing tells how these weights expect pixels: mean and deviation are measured. Where they are known, set "
                + "Normalizing.");
        return initial.Start(kept, choosesGrid: options.FractionBits is null) with
        {
            Normalization = options.Normalizing == PixelNormalizing.Automatic ? initial.Own?.Model.Normalization : null,
        };
    }

    private VisionTransformerOptions Model(IDataView data, LabelColumn label, InitialNetwork? initial, out ImageColumn image,
        out string? note)
    {
        var network = initial?.Weights.Options;
        var usual = network is null ? null : new SizeChoice(network.ImageWidth, network.ImageHeight,
            $"Images are brought to {network.ImageWidth}x{network.ImageHeight} pixels, as the initial weights expect; ImageWidth and "
                + "ImageHeight "
            + "choose another size, for which the position embedding is resampled.");
        var asked = new AskedShape(options.Channels ?? network?.Channels, options.ImageHeight, options.ImageWidth, options.PixelLayout);
        (image, note) = ImageShapeFinder.Find(data, options.FeatureColumnName, asked, OptionsMapping.PatchSize(options, network),
            OptionsMapping.Fit(options), usual);
        return OptionsMapping.Model(options, image.Shape, label.Classes, network);
    }
}
