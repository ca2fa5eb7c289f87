using System.Diagnostics;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Language;

/// <summary>Trains one language model on characters, on one thread.</summary>
internal static class LanguageContender
{
    private sealed class OneText(string text) : ITexts
    {
        public IEnumerable<string> Read() => [text];
    }

    public static LanguageFigures Measure(LanguageSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        set_num_threads(1);
        var text = File.ReadAllText(settings.Data);
        var held = text.Substring(settings.Characters, settings.HeldOut);
        text = text[..settings.Characters];
        var (dropout, stack) = settings.Method switch
        {
            LanguageMethod.Plain => (0, Plain),
            LanguageMethod.Dropout10 => (0.1, Plain),
            LanguageMethod.Dropout20 => (0.2, Plain),
            LanguageMethod.Dropout40 => (0.4, Plain),
            LanguageMethod.Bdia1 => (0, Bdia(1)),
            LanguageMethod.Bdia1Dropout10 => (0.1, Bdia(1)),
            LanguageMethod.Bdia1Dropout20 => (0.2, Bdia(1)),
            LanguageMethod.RandomSize => (0, new() { Gamma = GammaSchedule.Ratios(1, 16, 16) }),
            LanguageMethod.RandomSizeDropout10 => (0.1, new() { Gamma = GammaSchedule.Ratios(1, 16, 16) }),
            LanguageMethod.Automatic => (0, new() { Gamma = GammaSchedule.Automatic }),
            LanguageMethod.AutomaticDropout20 => (0.2, new() { Gamma = GammaSchedule.Automatic }),
            _ => (0.0, Bdia(5)),
        };
        var model = new LanguageModelOptions
        {
            Width = settings.Width, Depth = settings.Depth, Heads = settings.Heads, FeedForwardWidth = 4 * settings.Width,
            MaxLength = settings.Window, Dropout = dropout, Stack = stack,
        };
        var training = new TrainingOptions
        {
            Epochs = settings.Epochs, LearningRate = settings.LearningRate, LearningRateSchedule = LearningRateSchedule.Constant,
            WarmupFraction = 0, WarmupSteps = 50, BestBy = ModelSelection.Loss, Seed = (ulong)settings.Seed,
        };
        var generation = new GenerationTrainingOptions
        {
            TokenizerTraining = new() { TokenLevel = TokenLevel.Character, Normalization = new() { CollapseWhiteSpace = false } },
            MaxTokens = settings.Window, TokensPerBatch = settings.TokensPerBatch,
        };
        var watch = Stopwatch.StartNew();
        using var generator = GeneratorTraining.Run(model, training, generation, new OneText(text), new OneText(held));
        var history = generator.Result!.History;
        return new LanguageFigures((int)(generator.Result.Steps / settings.Epochs), [.. history.Select(epoch => epoch.TrainingLoss)],
            [.. history.Select(epoch => epoch.Validation!.Loss)], generator.Model.parameters().Sum(weight => weight.numel()),
            watch.Elapsed.TotalSeconds);
    }

    private static BdiaStackOptions Plain => new()
    {
        Mode = BackpropagationMode.StoreActivations, Quantize = false, Gamma = GammaSchedule.Weight(0),
    };

    private static BdiaStackOptions Bdia(int exponent) => new() { Gamma = GammaSchedule.Exponent(exponent) };
}
