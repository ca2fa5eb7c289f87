using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.TextClassification;

namespace Microsoft.ML;

/// <summary>Adds Bdia's text classification trainer to the trainers of <see cref="MLContext.MulticlassClassification"/>.</summary>
public static class BdiaTextClassificationCatalog
{
    /// <summary>
    /// Creates a <see cref="BdiaTextClassificationTrainer"/>, which trains a transformer encoder from scratch. Columns are named as in
    /// Microsoft.ML.TorchSharp's TextClassification.
    /// </summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">The label: a key column, such as MapValueToKey makes.</param>
    /// <param name="sentence1ColumnName">The texts, or the first of each pair.</param>
    /// <param name="sentence2ColumnName">The second texts, where the class is one of a pair; null = single texts.</param>
    /// <param name="scoreColumnName">Output: the probability of each class.</param>
    /// <param name="predictedLabelColumnName">Output: the most probable class.</param>
    /// <param name="validationSet">Rows to validate on; null holds back a tenth of the training rows.</param>
    /// <param name="epochs">Passes over the training rows, 1..1,000,000.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some arguments are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `sentence1ColumnName` | Text | Input: the text, or the first of two |
    /// | `sentence2ColumnName` | Text | Input, if named: the second |
    /// | `labelColumnName` | Key | Input, for training: the class |
    /// | `predictedLabelColumnName` | Key | Output: the most probable class |
    /// | `scoreColumnName` | Vector of Single | Output: the probability of each class; they sum to 1 |
    /// ]]></format>
    /// </remarks>
    /// <example>
    /// <code>
    /// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(mlContext.MulticlassClassification.Trainers.BdiaTextClassification(sentence1ColumnName: "Text"))
    ///     .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    /// </code>
    /// </example>
    public static BdiaTextClassificationTrainer BdiaTextClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        IDataView? validationSet = null,
        int epochs = TextClassificationDefaults.Epochs)
        => catalog.BdiaTextClassification(new BdiaTextClassificationTrainer.Options
        {
            LabelColumnName = labelColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ValidationSet = validationSet,
            Epochs = epochs,
        });

    /// <summary>Creates a <see cref="BdiaTextClassificationTrainer"/> with all its options.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">The options; the trainer takes a copy.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `Sentence1ColumnName` | Text | Input: the text, or the first of two |
    /// | `Sentence2ColumnName` | Text | Input, if named: the second |
    /// | `LabelColumnName` | Key | Input, for training: the class |
    /// | `PredictedLabelColumnName` | Key | Output: the most probable class |
    /// | `ScoreColumnName` | Vector of Single | Output: the probability of each class; they sum to 1 |
    /// ]]></format>
    /// </remarks>
    public static BdiaTextClassificationTrainer BdiaTextClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, BdiaTextClassificationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new BdiaTextClassificationTrainer(MLContextFacts.Environment(catalog), options);
    }
}
