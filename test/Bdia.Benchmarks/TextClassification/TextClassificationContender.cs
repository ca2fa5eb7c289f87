using System.Diagnostics;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.TextClassification;
using Bdia.Samples.TextClassification.Data;
using Bdia.Samples.TextClassification.Options;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.LightGbm;

namespace Bdia.Benchmarks.TextClassification;

/// <summary>Trains once, on one thread, and scores the test rows once.</summary>
internal static class TextClassificationContender
{
    /// <summary>The name of the texts that the sample makes.</summary>
    public const string Matches = "matches";

    private const int GeneratorEpochs = 10;

    public static TextClassificationFigures Run(TextClassificationSettings settings)
    {
        BdiaRuntime.Threads = 1;
        var mlContext = new MLContext(settings.Seed);
        var data = DataSources.Load(Asked(settings), _ => { });
        var (train, test) = (mlContext.Data.LoadFromEnumerable(data.Train), mlContext.Data.LoadFromEnumerable(data.Test));
        var labels = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(LabelledText.Class), keyData: data.Keys(mlContext));
        var clock = Stopwatch.StartNew();
        var seconds = 0.0;
        MulticlassClassificationMetrics metrics;
        switch (settings.Method)
        {
            case TextMethod.Linear:
                metrics = FeaturizedText.Linear(mlContext, labels, train, test);
                break;
            case TextMethod.LightGbm:
                metrics = FeaturizedText.Evaluate(mlContext, labels, mlContext.MulticlassClassification.Trainers.LightGbm(
                    new LightGbmMulticlassTrainer.Options { NumberOfThreads = 1 }), train, test);
                break;
            default:
                using (var generator = settings.Method == TextMethod.EncoderOfGenerator ? Generator(mlContext, settings.Seed, train) : null)
                using (var model = labels.Append(mlContext.MulticlassClassification.Trainers.BdiaTextClassification(
                    Options(settings, generator))).Fit(train))
                {
                    seconds = clock.Elapsed.TotalSeconds;
                    metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(test));
                }

                break;
        }

        return new(metrics.MicroAccuracy, metrics.LogLoss, data.Classes.Count, data.Train.Count,
            seconds > 0 ? seconds : clock.Elapsed.TotalSeconds, ResidentMemory.Peak());
    }

    private static SampleOptions Asked(TextClassificationSettings settings) => new()
    {
        Data = settings.Data == Matches ? null : settings.Data,
        TrainRows = settings.Rows == 0 ? null : settings.Rows,
        TestRows = settings.TestRows == 0 ? null : settings.TestRows,
        Seed = settings.Seed,
        // Of the sample's own trainer and reports, which are not used here.
        Mode = BackpropagationMode.Reversible, Precision = ComputePrecision.Float32, Quantize = true, Baseline = false, Resume = false,
        Classify = [], Output = "", Save = "", Json = "", Report = "", Curve = "", Command = "",
    };

    /// <summary>A generator of the classifier's default sizes and tokens, fitted to the texts alone.</summary>
    private static BdiaTextGenerationTransformer Generator(MLContext mlContext, int seed, IDataView train)
    {
        var sizes = TextEncoderOptions.FromPreset(TextEncoderPreset.Compact, 1, 2);
        return mlContext.TextGeneration.Trainers.Bdia(new BdiaTextGenerationTrainer.Options
        {
            TextColumnName = nameof(LabelledText.Text), Seed = seed, Epochs = GeneratorEpochs, TokenLevel = TokenLevel.Automatic,
            Normalization = new() { LowerCase = true }, Width = sizes.Width, Depth = sizes.Depth, Heads = sizes.Heads,
            FeedForwardWidth = sizes.FeedForwardWidth,
        }).Fit(train);
    }

    private static BdiaTextClassificationTrainer.Options Options(TextClassificationSettings settings,
        BdiaTextGenerationTransformer? generator)
    {
        var options = new BdiaTextClassificationTrainer.Options
        {
            Sentence1ColumnName = nameof(LabelledText.Text), Seed = settings.Seed, Depth = settings.Depth, Dropout = settings.Dropout,
            LearningRate = settings.LearningRate, InitialWeights = generator is null ? null : (InitialWeights)generator,
        };
        options.Epochs = settings.Epochs ?? options.Epochs;
        options.TokenLevel = settings.Tokens ?? options.TokenLevel;
        options.TokenDropout = settings.TokenDropout ?? options.TokenDropout;
        options.WeightDecay = settings.WeightDecay ?? options.WeightDecay;
        return options;
    }
}
