using Bdia.Core.MemoryEstimates;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.TextClassification;
using Bdia.MLNet.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// Trains a transformer encoder from scratch to tell texts apart, or pairs of texts: topics, languages, intents, whether one sentence
/// follows from another. Its blocks are trained with exact bit-level reversible back-propagation (BDIA), so that memory hardly grows with
/// depth. Nothing is downloaded.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// To create this trainer, use `mlContext.MulticlassClassification.Trainers.BdiaTextClassification(...)`.
///
/// ### Input and Output Columns
/// | Column | Type | Description |
/// | -- | -- | -- |
/// | `Sentence1` | Text | The text |
/// | `Sentence2` (if named) | Text | The second text of a pair |
/// | `Label` | Key | The class; a missing label leaves the row out of training, and so does a row without text |
/// | `PredictedLabel` | Key | The most probable class, with the label's key values; missing where there is no text |
/// | `Score` | Vector of Single | The probability of each class, with slot names; NaN where there is no text |
///
/// ### Trainer Characteristics
/// | | |
/// | -- | -- |
/// | Machine learning task | Multiclass classification |
/// | Is normalization required? | No: texts are normalised as the options say, and the model keeps how |
/// | Is caching required? | No: texts are kept in memory as tokens |
/// | Required packages | Bdia.MLNet and libtorch-cpu (or a libtorch-cuda package) for the platform |
/// | Exportable to ONNX | The network, by SaveOnnx of the transformer |
///
/// ### Training Algorithm Details
/// See *On Exact Bit-level Reversible Transformers Without Changing Architectures* (arXiv 2407.09093). When scoring, the network is a
/// standard pre-norm encoder with a class token.
/// ]]></format>
/// </remarks>
public sealed partial class BdiaTextClassificationTrainer : BdiaTrainer<BdiaTextClassificationTransformer>
{
    private readonly Options options;

    internal BdiaTextClassificationTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BdiaTextClassificationTrainer), TextClassificationOptionsMapping.Validate(options))
        => this.options = TextClassificationOptionsMapping.WithTokenizer(options);

    private protected override IEnumerable<ColumnRequirement> Requirements =>
        [.. TextClassificationOptionsMapping.Sentences(options).Requirements, LabelColumn.Requirement(options.LabelColumnName)];

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape input)
        => ClassificationColumns.Shapes(options.PredictedLabelColumnName, options.ScoreColumnName,
            input.First(column => column.Name == options.LabelColumnName));

    /// <summary>
    /// What training takes in memory, part by part, without allocating any of it, when all rows of the largest batch have the same length.
    /// </summary>
    /// <param name="input">The rows to train on: the number of classes matters; none is read.</param>
    /// <param name="tokensPerRow">Tokens of a row, 1 or more; null (default) takes <see cref="Options.MaxTokens"/>, an upper
    /// bound.</param>
    /// <returns>
    /// Sizes in bytes; where <see cref="BdiaTrainerOptions.TrainingMemoryBytes"/> is given, of the batches that it leads to. A tokenizer
    /// that has yet to be trained is taken to reach <see cref="Options.VocabularySize"/>, and <see cref="Options.BatchSize"/>, where it is
    /// left open, to be 128.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type, or tokensPerRow is below 1.</exception>
    /// <exception cref="ArgumentException">Not even one row at a time fits the memory budget.</exception>
    public MemoryEstimate EstimateMemory(IDataView input, int? tokensPerRow = null)
    {
        CheckColumns(input);
        var label = LabelColumn.Of(input, options.LabelColumnName);
        using var initial = Open();
        var texts = TextClassificationOptionsMapping.Texts(options, initial?.Sizes);
        return TextClassifierTraining.EstimateMemory(TextClassificationOptionsMapping.Model(options, label.Classes, initial?.Sizes),
            options.Training(Seed), texts with { Tokenizer = initial?.Start(label, out _).Tokenizer ?? texts.Tokenizer }, tokensPerRow);
    }

    private protected override BdiaTextClassificationTransformer Train(IDataView trainData, IDataView? validationData)
    {
        var label = LabelColumn.Of(trainData, options.LabelColumnName);
        if (validationData is not null)
            label.CheckSameKeys(validationData.Schema);
        var sentences = TextClassificationOptionsMapping.Sentences(options);
        using var initial = Open();
        var model = TextClassificationOptionsMapping.Model(options, label.Classes, initial?.Sizes);
        var device = DeviceChoice.Resolve(Environment, options.Device);
        var seed = RunSeed();

        using var log = new TrainingLog(Host, "Training", new LogFigures("texts"), options.Progress, Speaks);
        log.Info($"Training on column '{sentences.First}'{(sentences.Second is { } second ? $" with '{second}'" : "")} in "
            + $"{label.Classes} classes; network: width {model.Width}, {model.Depth} blocks, {model.Heads} heads; seed "
            + $"{seed}{(seed == Seed ? "" : " (the checkpoint's)")}; device {device}.");
        log.Recipe(options.Recipe, TextClassificationRecipe.Of);
        log.Precision(model.Precision, device);
        var told = "";
        var start = initial?.Start(label, out told);
        if (start is not null)
            log.Info(told);
        return Run(
            log,
            () => TextClassifierTraining.Run(
                model, options.Training(seed), TextClassificationOptionsMapping.Texts(options, initial?.Sizes),
                Rows(trainData, LabelledRowCensus.Training), validationData is null ? null : Rows(validationData, "validation"),
                device, log, log, IsCanceled, start, options.CancellationToken),
            classifier => classifier.Result,
            classifier => new BdiaTextClassificationTransformer(
                Host, classifier, sentences, new ClassificationColumns(options.PredictedLabelColumnName, options.ScoreColumnName,
                    label.Classes, label.Values),
                options.LongTexts, options.ScoringBatchSize));

        LabelledTextRows Rows(IDataView data, string what) => new(data, what, label, sentences, Host);
    }

    private InitialClassifier? Open()
        => InitialWeights.Checked(InitialClassifier.Open(options), (initial, faults) => initial.Check(options, faults),
            "The options of BdiaTextClassification");
}
