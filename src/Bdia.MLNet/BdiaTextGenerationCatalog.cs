using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.TextGeneration;

namespace Microsoft.ML;

/// <summary>Adds text generation to <see cref="MLContext"/>, and Bdia's trainer to its trainers.</summary>
public static class BdiaTextGenerationCatalog
{
    extension(MLContext mlContext)
    {
        /// <summary>Trainers and evaluation for tasks that go on with a text.</summary>
        public TextGenerationCatalog TextGeneration => new(mlContext);
    }

    /// <summary>Creates a <see cref="BdiaTextGenerationTrainer"/>, which trains a decoder-only transformer from scratch.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.TextGeneration</c>.</param>
    /// <param name="textColumnName">The texts to learn from; read in training alone.</param>
    /// <param name="promptColumnName">What a text is to begin with, when scoring; null = the same column.</param>
    /// <param name="predictedTextColumnName">Output: what the model writes behind it.</param>
    /// <param name="scoreColumnName">Output: how sure the model is of it.</param>
    /// <param name="validationSet">Rows to validate on; null holds back a twentieth of the training rows, or of the one text.</param>
    /// <param name="epochs">Passes over the training rows, 1..1,000,000.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some arguments are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `textColumnName` | Text | Input, for training: the texts to learn from |
    /// | `promptColumnName` | Text | Input, when scoring: what a text is to begin with |
    /// | `predictedTextColumnName` | Text | Output: what the model writes behind it |
    /// | `scoreColumnName` | Single | Output: its log-probability, normalised by length; 0 is certainty |
    /// | `Finished` | Boolean | Output: whether the model ended the text itself |
    /// ]]></format>
    /// </remarks>
    /// <example>
    /// <code>
    /// using var model = mlContext.TextGeneration.Trainers.Bdia("Text").Fit(texts);
    /// var written = model.Transform(prompts); // the column Text holds prompts here
    /// </code>
    /// </example>
    public static BdiaTextGenerationTrainer Bdia(
        this TextGenerationCatalog.TextGenerationTrainers catalog,
        string textColumnName = "Text",
        string? promptColumnName = null,
        string predictedTextColumnName = "PredictedText",
        string scoreColumnName = "Score",
        IDataView? validationSet = null,
        int epochs = GenerationDefaults.Epochs)
        => catalog.Bdia(new BdiaTextGenerationTrainer.Options
        {
            TextColumnName = textColumnName,
            PromptColumnName = promptColumnName,
            PredictedTextColumnName = predictedTextColumnName,
            ScoreColumnName = scoreColumnName,
            ValidationSet = validationSet,
            Epochs = epochs,
        });

    /// <summary>Creates a <see cref="BdiaTextGenerationTrainer"/> with all its options.</summary>
    /// <param name="catalog">The trainers of <c>mlContext.TextGeneration</c>.</param>
    /// <param name="options">The options; the trainer takes a copy.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `TextColumnName` | Text | Input, for training: the texts to learn from |
    /// | `PromptColumnName` | Text | Input, when scoring: what a text is to begin with |
    /// | `PredictedTextColumnName` | Text | Output: what the model writes behind it |
    /// | `ScoreColumnName` | Single | Output: its log-probability, normalised by length; 0 is certainty |
    /// | `FinishedColumnName` | Boolean | Output: whether the model ended the text itself |
    /// | `PredictedTextsColumnName` | Vector of Text | Output where `Decoding.BestCount` is above 1: the best texts, best first |
    /// | `ScoresColumnName` | Vector of Single | Output where `Decoding.BestCount` is above 1: their scores |
    /// ]]></format>
    /// </remarks>
    public static BdiaTextGenerationTrainer Bdia(
        this TextGenerationCatalog.TextGenerationTrainers catalog, BdiaTextGenerationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new BdiaTextGenerationTrainer(MLContextFacts.Environment(catalog), options);
    }
}
