using Bdia.Data.Texts;
using Bdia.Samples.TextClassification.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Bdia.Samples.TextClassification;

/// <summary>
/// What ML.NET offers for the same texts: FeaturizeText, which counts words and runs of letters, before a trainer of numbers.
/// </summary>
internal static class FeaturizedText
{
    /// <summary>Trains SdcaMaximumEntropy and evaluates it on the test rows.</summary>
    public static MulticlassClassificationMetrics Linear(MLContext mlContext, IEstimator<ITransformer> labels, IDataView train,
        IDataView test)
        => Evaluate(mlContext, labels, mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy(
            // several threads give another result every time
            new SdcaMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1 }), train, test);

    /// <summary>Trains any trainer behind FeaturizeText with its defaults, and evaluates it on the test rows.</summary>
    public static MulticlassClassificationMetrics Evaluate(MLContext mlContext, IEstimator<ITransformer> labels,
        IEstimator<ITransformer> trainer, IDataView train, IDataView test)
    {
        var model = labels.Append(mlContext.Transforms.Text.FeaturizeText("Features", nameof(LabelledText.Text)))
            .AppendCacheCheckpoint(mlContext) // trainers pass over the rows again and again
            .Append(trainer).Fit(train);
        return mlContext.MulticlassClassification.Evaluate(model.Transform(test));
    }
}
