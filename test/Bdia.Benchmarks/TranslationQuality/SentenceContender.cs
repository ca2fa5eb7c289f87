using System.Diagnostics;
using System.Text.RegularExpressions;
using Bdia.Core.Metrics;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Benchmarks.TranslationQuality;

/// <summary>Trains one translator, from where its checkpoints stand, and scores the test rows once when it is done.</summary>
internal static partial class SentenceContender
{
    public static SentenceFigures Run(SentenceSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        BdiaRuntime.Threads = 1;
        var mlContext = new MLContext(settings.Seed);
        var (train, validation, test) = SentenceRows.Load(settings);
        var folder = Path.Combine(settings.Checkpoints, $"{settings}");
        var clock = Stopwatch.StartNew();
        using var model = mlContext.SequenceToSequence.Trainers.Bdia(Options(settings, mlContext.Data.LoadFromEnumerable(validation),
            folder)).Fit(mlContext.Data.LoadFromEnumerable(train));
        var result = model.Model.Result!;
        var seconds = clock.Elapsed.TotalSeconds;
        var scored = mlContext.Data.Cache(model.Transform(mlContext.Data.LoadFromEnumerable(test)), "Target", "PredictedText");
        var metrics = mlContext.SequenceToSequence.Evaluate(scored, "Target");
        var lowerCased = Bleu.Corpus(Elided(scored, "PredictedText"), [.. Elided(scored, "Target").Select(text => new[] { text })],
            new() { LowerCase = true });
        var figures = new SentenceFigures(result.History, result.BestEpoch, metrics.Bleu, metrics.Chrf, seconds)
        {
            LowerCasedBleu = lowerCased.Score,
        };
        Directory.Delete(folder, recursive: true); // last: nothing can fail behind it and leave hours of training without figures
        return figures;
    }

    private static string[] Elided(IDataView scored, string column)
        => [.. scored.GetColumn<string>(column).Select(text => Elision().Replace(text, "' "))];

    [GeneratedRegex(@"(?<=\p{L})['’](?=\p{L})")]
    private static partial Regex Elision();

    private static BdiaSequenceToSequenceTrainer.Options Options(SentenceSettings settings, IDataView validation, string folder)
    {
        var options = Enum.TryParse<Recipe>($"{settings.Method}", out var recipe) ? new BdiaSequenceToSequenceTrainer.Options(recipe)
            : new BdiaSequenceToSequenceTrainer.Options
            {
                Dropout = settings.Method switch
                {
                    SentenceMethod.Dropout30 or SentenceMethod.AutomaticDropout30 => 0.3,
                    SentenceMethod.Dropout10 or SentenceMethod.BdiaHalfDropout10 or SentenceMethod.AutomaticDropout10 => 0.1,
                    SentenceMethod.Defaults => null,
                    _ => 0,
                },
            };
        (options.Seed, options.ValidationSet, options.BleuEveryEpochs) = (settings.Seed, validation, 0);
        (options.Optimizer, options.LearningRate) = (settings.Optimizer, settings.LearningRate ?? options.LearningRate);
        (options.CheckpointDirectory, options.Resume) = (folder, true);
        options.Precision = BdiaRuntime.HasBFloat16Products ? ComputePrecision.BFloat16 : ComputePrecision.Float32;
        options.BestBy = settings.BestBy ?? options.BestBy;
        if (settings.Epochs > 0) options.Epochs = settings.Epochs;
        if (settings.Minutes > 0) options.TimeBudget = TimeSpan.FromMinutes(settings.Minutes);
        switch (settings.Method)
        {
            case SentenceMethod.Plain or SentenceMethod.Dropout10 or SentenceMethod.Dropout30:
                (options.Gamma, options.Mode, options.Quantize) = (GammaSchedule.Weight(0), BackpropagationMode.StoreActivations, false);
                break;
            case SentenceMethod.BdiaHalf or SentenceMethod.BdiaHalfDropout10:
                options.Gamma = GammaSchedule.Exponent(1);
                break;
            case SentenceMethod.Automatic or SentenceMethod.AutomaticDropout10 or SentenceMethod.AutomaticDropout30:
                options.Gamma = GammaSchedule.Automatic;
                break;
        }

        return options;
    }
}
