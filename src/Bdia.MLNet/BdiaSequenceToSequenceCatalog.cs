using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.SequenceToSequence;

namespace Microsoft.ML;

/// <summary>Adds sequence to sequence to <see cref="MLContext"/>, and Bdia's trainer to its trainers.</summary>
public static class BdiaSequenceToSequenceCatalog
{
    extension(MLContext mlContext)
    {
        /// <summary>Trainers and evaluation for tasks that turn one text into another, such as translation.</summary>
        public SequenceToSequenceCatalog SequenceToSequence => new(mlContext);
    }

    /// <summary>Creates a <see cref="BdiaSequenceToSequenceTrainer"/>, which trains an encoder-decoder transformer from scratch.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.SequenceToSequence</c>.</param>
    /// <param name="sourceColumnName">The texts to read.</param>
    /// <param name="targetColumnName">The texts to write; read in training alone.</param>
    /// <param name="predictedTextColumnName">Output: the text that the model writes.</param>
    /// <param name="scoreColumnName">Output: how sure the model is of it.</param>
    /// <param name="validationSet">Rows to validate on; null holds back a twentieth of the training rows.</param>
    /// <param name="epochs">Passes over the training rows, 1..1,000,000.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some arguments are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `sourceColumnName` | Text | Input: the text to read |
    /// | `targetColumnName` | Text | Input, for training: the text to write |
    /// | `predictedTextColumnName` | Text | Output: the text that the model writes |
    /// | `scoreColumnName` | Single | Output: its log-probability, normalised by length; 0 is certainty |
    /// | `Finished` | Boolean | Output: whether the model ended the text itself |
    /// ]]></format>
    /// </remarks>
    /// <example>
    /// <code>
    /// var trainer = mlContext.SequenceToSequence.Trainers.Bdia("English", "French");
    /// using var model = trainer.Fit(mlContext.Data.LoadFromTextFile&lt;Sentence&gt;("train.tsv"));
    /// </code>
    /// </example>
    public static BdiaSequenceToSequenceTrainer Bdia(
        this SequenceToSequenceCatalog.SequenceToSequenceTrainers catalog,
        string sourceColumnName = "Source",
        string targetColumnName = "Target",
        string predictedTextColumnName = "PredictedText",
        string scoreColumnName = "Score",
        IDataView? validationSet = null,
        int epochs = SequenceDefaults.Epochs)
        => catalog.Bdia(new BdiaSequenceToSequenceTrainer.Options
        {
            SourceColumnName = sourceColumnName,
            TargetColumnName = targetColumnName,
            PredictedTextColumnName = predictedTextColumnName,
            ScoreColumnName = scoreColumnName,
            ValidationSet = validationSet,
            Epochs = epochs,
        });

    /// <summary>Creates a <see cref="BdiaSequenceToSequenceTrainer"/> with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.SequenceToSequence</c>.</param>
    /// <param name="options">The options; the trainer takes a copy.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `SourceColumnName` | Text | Input: the text to read |
    /// | `TargetColumnName` | Text | Input, for training: the text to write |
    /// | `PredictedTextColumnName` | Text | Output: the text that the model writes |
    /// | `ScoreColumnName` | Single | Output: its log-probability, normalised by length; 0 is certainty |
    /// | `FinishedColumnName` | Boolean | Output: whether the model ended the text itself |
    /// | `PredictedTextsColumnName` | Vector of Text | Output where `Decoding.BestCount` is above 1: the best texts, best first |
    /// | `ScoresColumnName` | Vector of Single | Output where `Decoding.BestCount` is above 1: their scores |
    /// ]]></format>
    /// </remarks>
    public static BdiaSequenceToSequenceTrainer Bdia(
        this SequenceToSequenceCatalog.SequenceToSequenceTrainers catalog, BdiaSequenceToSequenceTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new BdiaSequenceToSequenceTrainer(MLContextFacts.Environment(catalog), options);
    }
}
