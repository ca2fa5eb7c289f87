using System.CommandLine;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Samples.Common.Options;
using Bdia.Samples.TextClassification.Data;
using static Bdia.Samples.Common.Options.OptionKinds;

namespace Bdia.Samples.TextClassification.Options;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    /// <summary>What a text is given as to read lines from the standard input.</summary>
    public const string StandardInput = "-";

    private static readonly Option<string?> Data = Text("--data", "PATH",
        "Tab-separated file (.tsv or .txt, plain or .gz) with a text and its class in a line; or a folder of class folders with .txt "
            + "files. Without it the sample makes its own texts.");
    private static readonly Option<string?> TextColumn =
        Text("--text", "COLUMN", "Column of the texts in a file: its number, or its name in the first line. [default: 1]");
    private static readonly Option<string?> ClassColumn = Text("--class", "COLUMN", "Column of the classes, likewise. [default: 2]");
    private static readonly Option<int?> TrainRows = Count("--train-rows", FormattableString.Invariant(
        $"Training rows to use, chosen by the seed. [default: all; {DataSources.MadeTrainRows:N0} made]"), least: 2);
    private static readonly Option<int?> TestRows = Count("--test-rows", FormattableString.Invariant(
        $"Test rows to use, likewise. [default: all; {DataSources.MadeTestRows:N0} made]"));

    private static readonly Option<TextEncoderPreset?> Preset =
        Choice<TextEncoderPreset>("--preset", "Size of the transformer. [default: Compact]");
    private static readonly Option<int?> Width = Count("--width", "Numbers per token; a multiple of the heads. [default: the preset's]");
    private static readonly Option<int?> Depth = Count("--depth", "Blocks. [default: the preset's]");
    private static readonly Option<int?> Heads = Count("--heads", "Attention heads. [default: the preset's]");
    private static readonly Option<int?> FeedForward =
        Count("--feed-forward", "Numbers per token within the feed-forward parts. [default: the preset's]");
    private static readonly Option<double?> Dropout = Number("--dropout",
        "Share of numbers that is dropped in training. [default: the preset's]", value => value is >= 0 and < 1,
        "a number from 0 up to, not including, 1");
    private static readonly Option<GammaSchedule?> Gamma = SharedOptions.Gamma();
    private static readonly Option<BackpropagationMode?> Mode = SharedOptions.Mode();
    private static readonly Option<ComputePrecision?> Precision = SharedOptions.Precision();
    private static readonly Option<bool> NoQuantization = SharedOptions.NoQuantization();

    private static readonly Option<TokenLevel?> Tokens = Choice<TokenLevel>("--tokens", "What tokens are. [default: Automatic]");
    private static readonly Option<int?> Vocabulary =
        Count("--vocabulary", "Most tokens of the vocabulary, the 256 bytes included. [default: the trainer's]", least: 257);
    private static readonly Option<int?> MaxTokens =
        Count("--max-tokens", "Tokens of the longest text; longer ones are cut. [default: the trainer's]", least: 2);
    private static readonly Option<double?> TokenDropout = Number("--token-dropout",
        "Share of tokens that is left out in training. [default: the trainer's; 0 for the sample's own texts]",
        value => value is >= 0 and < 1, "a number from 0 up to, not including, 1");

    private static readonly Option<int?> Epochs =
        Count("--epochs", "Passes over the training rows. [default: the trainer's; fewer for the sample's own texts]");
    private static readonly Option<int?> BatchSize = Count("--batch-size", "Rows per step. [default: the trainer's]");
    private static readonly Option<double?> LearningRate = SharedOptions.LearningRate();
    private static readonly Option<double?> WeightDecay = SharedOptions.WeightDecay();
    private static readonly Option<double?> LabelSmoothing = SharedOptions.LabelSmoothing("classes");
    private static readonly Option<int?> Seed = SharedOptions.Seed();
    private static readonly Option<int?> Threads = SharedOptions.Threads();
    private static readonly Option<string?> CheckpointDirectory = SharedOptions.CheckpointDirectory("--checkpoints");
    private static readonly Option<int?> CheckpointSteps = SharedOptions.CheckpointSteps();
    private static readonly Option<bool> Resume = SharedOptions.Resume();

    private static readonly Option<bool> NoBaseline =
        Switch("--no-baseline", "Leave out the linear model (FeaturizeText and SdcaMaximumEntropy) that ours is compared with.");
    private static readonly Option<string[]> Classify = new("--classify")
    {
        HelpName = "TEXT",
        Description = "A text to classify, once the model is there; may be given again. - reads lines from a pipe.",
    };
    private static readonly Option<string?> Model = Text("--model", "FILE", "A saved model to load instead of training one.");
    private static readonly Option<string?> Output = SharedOptions.Output(DefaultOutput);
    private static readonly Option<string?> Save = SharedOptions.Save();
    private static readonly Option<string?> Json = SharedOptions.Json();
    private static readonly Option<string?> Report = SharedOptions.Report();
    private static readonly Option<string?> Curve =
        Text("--curve", "FILE", "File for the learning curve. [default: learning-curve.png in the output folder]");

    private static string DefaultOutput => Path.Combine("output", "text-classification");

    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(string[] args, Func<SampleOptions, int> sample)
    {
        var root = new RootCommand("Trains a transformer that classifies texts, from scratch, in an ML.NET pipeline; compares it with a "
            + "linear model, saves it, loads it again, and classifies with it.")
        {
            Data, TextColumn, ClassColumn, TrainRows, TestRows,
            Classify, Model,
            Preset, Width, Depth, Heads, FeedForward, Dropout, Gamma, Mode, Precision, NoQuantization,
            Tokens, Vocabulary, MaxTokens, TokenDropout,
            Epochs, BatchSize, LearningRate, WeightDecay, LabelSmoothing,
            Seed, Threads, CheckpointDirectory, CheckpointSteps, Resume,
            NoBaseline, Output, Save, Json, Report, Curve,
        };
        return SampleCommand.Run(root, args, result => sample(Options(result, args)));
    }

    private static SampleOptions Options(ParseResult result, string[] args)
    {
        var output = result.GetValue(Output) ?? DefaultOutput;
        return new()
        {
            Data = result.GetValue(Data),
            TextColumn = result.GetValue(TextColumn),
            ClassColumn = result.GetValue(ClassColumn),
            TrainRows = result.GetValue(TrainRows),
            TestRows = result.GetValue(TestRows),
            Preset = result.GetValue(Preset),
            Width = result.GetValue(Width),
            Depth = result.GetValue(Depth),
            Heads = result.GetValue(Heads),
            FeedForward = result.GetValue(FeedForward),
            Dropout = result.GetValue(Dropout),
            Gamma = result.GetValue(Gamma),
            Mode = result.GetValue(Mode) ?? BackpropagationMode.Reversible,
            Precision = result.GetValue(Precision) ?? ComputePrecision.Float32,
            Quantize = !result.GetValue(NoQuantization),
            Tokens = result.GetValue(Tokens),
            Vocabulary = result.GetValue(Vocabulary),
            MaxTokens = result.GetValue(MaxTokens),
            TokenDropout = result.GetValue(TokenDropout),
            Epochs = result.GetValue(Epochs),
            BatchSize = result.GetValue(BatchSize),
            LearningRate = result.GetValue(LearningRate),
            WeightDecay = result.GetValue(WeightDecay),
            LabelSmoothing = result.GetValue(LabelSmoothing),
            Seed = result.GetValue(Seed) ?? 1,
            Threads = result.GetValue(Threads),
            CheckpointDirectory = result.GetValue(CheckpointDirectory),
            CheckpointSteps = result.GetValue(CheckpointSteps),
            Resume = result.GetValue(Resume),
            Baseline = !result.GetValue(NoBaseline),
            Model = result.GetValue(Model),
            Classify = result.GetValue(Classify) ?? [],
            Output = output,
            Save = result.GetValue(Save) ?? Path.Combine(output, "model.zip"),
            Json = result.GetValue(Json) ?? Path.Combine(output, "result.json"),
            Report = result.GetValue(Report) ?? Path.Combine(output, "report.html"),
            Curve = result.GetValue(Curve) ?? Path.Combine(output, "learning-curve.png"),
            Command = SampleCommand.Line("samples/TextClassification", args),
        };
    }
}
