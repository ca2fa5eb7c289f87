using Bdia.MLNet;
using Bdia.MLNet.Internals;

namespace Microsoft.ML;

/// <summary>Adds Bdia's image classification trainer to the trainers of <see cref="MLContext.MulticlassClassification"/>.</summary>
public static class BdiaImageClassificationCatalog
{
    /// <summary>Creates a <see cref="BdiaImageClassificationTrainer"/>, which trains a vision transformer from scratch.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">The label: a key column, such as MapValueToKey makes.</param>
    /// <param name="featureColumnName">The images: an MLImage column, a known-size vector of Single with pixel values, or a variable vector
    /// of Byte with image files.</param>
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
    /// | `featureColumnName` | MLImage, Vector of Single or VarVector of Byte | Input: the image |
    /// | `labelColumnName` | Key | Input, for training: the class |
    /// | `predictedLabelColumnName` | Key | Output: the most probable class |
    /// | `scoreColumnName` | Vector of Single | Output: the probability of each class; they sum to 1 |
    /// ]]></format>
    /// </remarks>
    /// <example>
    /// <code>
    /// var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(featureColumnName: "Image", epochs: 10))
    ///     .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    /// </code>
    /// </example>
    public static BdiaImageClassificationTrainer BdiaImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string featureColumnName = "Features",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        IDataView? validationSet = null,
        int epochs = 30)
        => catalog.BdiaImageClassification(new BdiaImageClassificationTrainer.Options
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ValidationSet = validationSet,
            Epochs = epochs,
        });

    /// <summary>Creates a <see cref="BdiaImageClassificationTrainer"/> with all its options.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">The options; the trainer takes a copy.</param>
    /// <returns>The trainer, to be appended to a pipeline or fitted by itself.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    /// <remarks>
    /// <format type="text/markdown"><![CDATA[
    /// | Column | Type | Description |
    /// | -- | -- | -- |
    /// | `FeatureColumnName` | MLImage, Vector of Single or VarVector of Byte | Input: the image |
    /// | `LabelColumnName` | Key | Input, for training: the class |
    /// | `PredictedLabelColumnName` | Key | Output: the most probable class |
    /// | `ScoreColumnName` | Vector of Single | Output: the probability of each class; they sum to 1 |
    /// ]]></format>
    /// </remarks>
    public static BdiaImageClassificationTrainer BdiaImageClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, BdiaImageClassificationTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new BdiaImageClassificationTrainer(MLContextFacts.Environment(catalog), options);
    }
}
