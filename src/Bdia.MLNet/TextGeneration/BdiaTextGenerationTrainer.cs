using Bdia.Core.MemoryEstimates;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;
using Bdia.MLNet.Columns;
using Bdia.MLNet.TextGeneration;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// Trains a decoder-only transformer (GPT-2's shape) that goes on with texts. Its blocks are trained with exact bit-level reversible
/// back-propagation (BDIA), so that memory hardly grows with depth. Nothing is downloaded.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// To create this trainer, use `mlContext.TextGeneration.Trainers.Bdia(...)`.
///
/// ### Input and Output Columns
/// | Column | Type | Description |
/// | -- | -- | -- |
/// | `Text` | Text | The texts to learn from, in training; empty rows are left out and counted |
/// | `Text`, or that named by `PromptColumnName` | Text | When scoring, what a text is to begin with; may be empty |
/// | `PredictedText` | Text | What the model writes behind it |
/// | `Score` | Single | Its log-probability, normalised by length: log P(Y) / ((5 + \|Y\|) / 6)^alpha; at most 0 |
/// | `Finished` | Boolean | Whether the model ended the text itself, or a stop text did; false where the longest length cut it off |
/// | `PredictedTexts` | Vector of Text | Where `Decoding.BestCount` is above 1: the best texts, best first; slots without a text are empty
/// |
/// | `Scores` | Vector of Single | Where `Decoding.BestCount` is above 1: their scores; slots without a text are NaN |
///
/// ### Trainer Characteristics
/// | | |
/// | -- | -- |
/// | Machine learning task | Text generation |
/// | Is normalization required? | No: texts are taken as they are unless the options say otherwise, and the model keeps how |
/// | Is caching required? | No: texts are kept in memory as tokens |
/// | Required packages | Bdia.MLNet and libtorch-cpu (or a libtorch-cuda package) for the platform |
/// | Exportable to ONNX | The network, by SaveOnnx of the transformer |
///
/// ### Training Algorithm Details
/// See *Language Models are Unsupervised Multitask Learners* (Radford et al., 2019) and *On Exact Bit-level Reversible Transformers Without
/// Changing Architectures* (arXiv 2407.09093). When scoring, the network is a standard pre-norm transformer.
/// ]]></format>
/// </remarks>
public sealed partial class BdiaTextGenerationTrainer : BdiaTrainer<BdiaTextGenerationTransformer>
{
    private static readonly LogFigures figures = new("tokens", Perplexity: true);

    private readonly Options options;

    internal BdiaTextGenerationTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BdiaTextGenerationTrainer), GenerationOptionsMapping.Validate(options))
        => this.options = GenerationOptionsMapping.WithTokenizer(options);

    private protected override IEnumerable<ColumnRequirement> Requirements => [TextColumn.Requirement("text", options.TextColumnName)];

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape input)
        => GenerationOptionsMapping.Columns(options).Shapes(options.Decoding.BestCount);

    /// <summary>What training takes in memory, part by part, without allocating any of it: the largest batch, of whole windows.</summary>
    /// <param name="tokensPerText">Tokens of a window, 1 or more; null (default) takes <see cref="Options.MaxTokens"/>.</param>
    /// <returns>
    /// Sizes in bytes; where <see cref="BdiaTrainerOptions.TrainingMemoryBytes"/> is given, of the batches that it leads to. A tokenizer
    /// that has yet to be trained is taken to reach <see cref="Options.VocabularySize"/>, and <see cref="Options.TokensPerBatch"/>, where
    /// it is left to the data, to be 4096.
    /// </returns>
    /// <exception cref="ArgumentException">tokensPerText is below 1, or not even one window at a time fits the memory budget.</exception>
    public MemoryEstimate EstimateMemory(int? tokensPerText = null)
    {
        using var initial = Open();
        var start = initial?.Generator;
        var generation = GenerationOptionsMapping.Generation(options, start?.Model.Options);
        return GeneratorTraining.EstimateMemory(GenerationOptionsMapping.Model(options, start?.Model.Options), options.Training(Seed),
            start is null ? generation : generation with { Tokenizer = start.Tokenizer }, tokensPerText);
    }

    private protected override BdiaTextGenerationTransformer Train(IDataView trainData, IDataView? validationData)
    {
        using var initial = Open();
        var model = GenerationOptionsMapping.Model(options, initial?.Generator.Model.Options);
        var device = DeviceChoice.Resolve(Environment, options.Device);
        var seed = RunSeed();
        using var log = new TrainingLog(Host, "Training", figures, options.Progress, Speaks);
        log.Info($"Training on column '{options.TextColumnName}'; network: width {model.Width}, {model.Depth} blocks, {model.Heads} heads; "
            + $"seed {seed}{(seed == Seed ? "" : " (the checkpoint's)")}; device {device}.");
        log.Recipe(options.Recipe, GenerationRecipe.Of);
        log.Precision(model.Precision, device);
        if (initial is not null) log.Info(initial.Told);
        return Run(
            log,
            () => GeneratorTraining.Run(
                model, options.Training(seed), GenerationOptionsMapping.Generation(options, initial?.Generator.Model.Options),
                Rows(trainData), validationData is null ? null : Rows(validationData),
                device, log, log, IsCanceled, initial?.Generator, options.CancellationToken),
            generator => generator.Result,
            generator => new BdiaTextGenerationTransformer(
                Host, generator, GenerationOptionsMapping.Columns(options), options.Decoding, options.ScoringBatchSize));

        TextRowsView Rows(IDataView data) => new(data, options.TextColumnName);
    }

    private InitialGenerator? Open()
        => InitialWeights.Checked(InitialGenerator.Open(options), (initial, faults) => initial.Check(options, faults),
            "The options of TextGeneration.Trainers.Bdia");
}
