using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Bdia.Samples.ImageClassification;

/// <summary>What ML.NET offers today for the same pixels: a linear model.</summary>
internal static class LinearBaseline
{
    /// <summary>Trains SdcaMaximumEntropy and evaluates it on the test rows.</summary>
    public static MulticlassClassificationMetrics Evaluate(MLContext mlContext, PictureData data)
    {
        IDataView View(IDataView rows) => mlContext.Data.LoadFromEnumerable([.. data.Pictures(rows)], Picture.Schema(data.Size));

        var model = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Picture.Class), keyData: data.Keys(mlContext))
            .Append(mlContext.Transforms.Conversion.ConvertType("Features", nameof(Picture.Pixels), DataKind.Single))
            .Append(mlContext.Transforms.NormalizeMinMax("Features"))
            .AppendCacheCheckpoint(mlContext) // SDCA passes over the rows again and again
            .Append(mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy(new SdcaMaximumEntropyMulticlassTrainer.Options
            {
                // Enough to level off on the test rows; left to itself it goes on for minutes, to fit the training rows alone.
                MaximumNumberOfIterations = (int)Math.Clamp(4_000_000L / (data.Rows.Train * (long)data.Classes.Count), 20, 1000),
                NumberOfThreads = 1, // several threads give another result every time
            }))
            .Fit(View(data.Train));
        return mlContext.MulticlassClassification.Evaluate(model.Transform(View(data.Test)));
    }
}
