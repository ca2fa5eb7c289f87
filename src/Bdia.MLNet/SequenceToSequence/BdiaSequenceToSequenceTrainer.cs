using Bdia.Core.MemoryEstimates;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Training;
using Bdia.MLNet.Columns;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// Trains an encoder-decoder transformer that turns one text into another: translation, spelling out, normalising, summarising. Its blocks
/// are trained with exact bit-level reversible back-propagation (BDIA), so that memory hardly grows with depth. Nothing is downloaded.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// To create this trainer, use `mlContext.SequenceToSequence.Trainers.Bdia(...)`.
///
/// ### Input and Output Columns
/// | Column | Type | Description |
/// | -- | -- | -- |
/// | `Source` | Text | The text to read |
/// | `Target` | Text | The text to write, for training; rows where either side is empty are left out and counted |
/// | `PredictedText` | Text | The text that the model writes; empty where there is nothing to read |
/// | `Score` | Single | Its log-probability, normalised by length: log P(Y) / ((5 + \|Y\|) / 6)^alpha; at most 0, and 0 where there is
/// nothing to read |
/// | `Finished` | Boolean | Whether the model ended the text itself; false where the longest length cut it off |
/// | `PredictedTexts` | Vector of Text | Where `Decoding.BestCount` is above 1: the best texts, best first; slots without a text are empty
/// |
/// | `Scores` | Vector of Single | Where `Decoding.BestCount` is above 1: their scores; slots without a text are NaN |
///
/// ### Trainer Characteristics
/// | | |
/// | -- | -- |
/// | Machine learning task | Sequence to sequence |
/// | Is normalization required? | No: texts are normalised as the options say, and the model keeps how |
/// | Is caching required? | No: texts are kept in memory as tokens |
/// | Required packages | Bdia.MLNet and libtorch-cpu (or a libtorch-cuda package) for the platform |
/// | Exportable to ONNX | The network, by SaveOnnx of the transformer |
///
/// ### Training Algorithm Details
/// See *Attention Is All You Need* (arXiv 1706.03762) and *On Exact Bit-level Reversible Transformers Without Changing Architectures*
/// (arXiv 2407.09093). When scoring, the network is a standard pre-norm transformer.
/// ]]></format>
/// </remarks>
public sealed partial class BdiaSequenceToSequenceTrainer : BdiaTrainer<BdiaSequenceToSequenceTransformer>
{
    private static readonly LogFigures figures = new("tokens", Score: "BLEU", Perplexity: true);

    private readonly Options options;

    internal BdiaSequenceToSequenceTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BdiaSequenceToSequenceTrainer), SequenceOptionsMapping.Validate(options))
        => this.options = SequenceOptionsMapping.WithTokenizers(options);

    private protected override IEnumerable<ColumnRequirement> Requirements =>
        [TextColumn.Requirement("source", options.SourceColumnName), TextColumn.Requirement("target", options.TargetColumnName)];

    private protected override IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape input)
        => SequenceOptionsMapping.Columns(options).Shapes(options.Decoding.BestCount);

    /// <summary>
    /// What training takes in memory, part by part, without allocating any of it, when all texts of the largest batch have the same length.
    /// </summary>
    /// <param name="tokensPerText">Tokens of a source and of a target, 1 or more; null (default) takes <see cref="Options.MaxTokens"/>, an
    /// upper bound.</param>
    /// <returns>
    /// Sizes in bytes; where <see cref="BdiaTrainerOptions.TrainingMemoryBytes"/> is given, of the batches that it leads to. A tokenizer
    /// that has yet to be trained is taken to reach
    /// <see cref="Options.VocabularySize"/>, and <see cref="Options.TokensPerBatch"/>, where it is left to the data, to be 4096.
    /// </returns>
    /// <exception cref="ArgumentException">tokensPerText is below 1, or not even one pair at a time fits the memory budget.</exception>
    public MemoryEstimate EstimateMemory(int? tokensPerText = null)
    {
        using var initial = Open();
        var start = initial?.Translator;
        var sequences = SequenceOptionsMapping.Sequences(options, start?.Model.Options);
        return TranslatorTraining.EstimateMemory(SequenceOptionsMapping.Model(options, start?.Model.Options), options.Training(Seed),
            start is null ? sequences : sequences with { SourceTokenizer = start.SourceTokenizer, TargetTokenizer = start.TargetTokenizer },
            tokensPerText);
    }

    private protected override BdiaSequenceToSequenceTransformer Train(IDataView trainData, IDataView? validationData)
    {
        using var initial = Open();
        var model = SequenceOptionsMapping.Model(options, initial?.Translator.Model.Options);
        var device = DeviceChoice.Resolve(Environment, options.Device);
        var seed = RunSeed();
        using var log = new TrainingLog(Host, "Training", figures, options.Progress, Speaks);
        log.Info($"Training on column '{options.SourceColumnName}' to write column '{options.TargetColumnName}'; network: width "
            + $"{model.Width}, " +
            $"{model.EncoderDepth} + {model.DecoderDepth} blocks, {model.Heads} heads; seed "
                + $"{seed}{(seed == Seed ? "" : " (the checkpoint's)")}; device {device}.");
        log.Recipe(options.Recipe, SequenceRecipe.Of);
        log.Precision(model.Precision, device);
        if (initial is not null)
            log.Info(initial.Told);
        return Run(
            log,
            () => TranslatorTraining.Run(
                model, options.Training(seed), SequenceOptionsMapping.Sequences(options, initial?.Translator.Model.Options),
                Rows(trainData), validationData is null ? null : Rows(validationData),
                device, log, log, IsCanceled, initial?.Translator, options.CancellationToken),
            translator => translator.Result,
            translator => new BdiaSequenceToSequenceTransformer(
                Host, translator, SequenceOptionsMapping.Columns(options), options.Decoding, options.LongTexts, options.ScoringBatchSize));

        TextPairRows Rows(IDataView data) => new(data, options.SourceColumnName, options.TargetColumnName);
    }

    private InitialTranslator? Open()
        => InitialWeights.Checked(InitialTranslator.Open(options), (initial, faults) => initial.Check(options, faults),
            "The options of SequenceToSequence.Trainers.Bdia");
}
