using System.CommandLine;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Samples.Common.Options;
using Bdia.Samples.TextGeneration.Data;
using static Bdia.Samples.Common.Options.OptionKinds;

namespace Bdia.Samples.TextGeneration.Options;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Text("--data", "FILE",
        "A text, plain or .gz: all of it is one text, unless --rows is given; or a .tsv, whose first column has a text in each row. "
            + "Without it the sample makes its own stories.");
    private static readonly Option<bool> Rows = Switch("--rows", "Each line of the text file is a text by itself.");
    private static readonly Option<int?> TrainRows = Count("--train-rows",
        FormattableString.Invariant($"Lines or stories to learn from. [default: all; {DataSources.MadeTrainRows:N0} made]"));
    private static readonly Option<int?> TestRows = Count("--test-rows",
        FormattableString.Invariant($"Lines or stories to test with. [default: a twentieth; {DataSources.MadeTestRows:N0} made]"));

    private static readonly Option<LanguageModelPreset?> Preset =
        Choice<LanguageModelPreset>("--preset", "Size of the transformer. [default: Compact]");
    private static readonly Option<int?> Width = Count("--width", "Numbers per token; a multiple of the heads. [default: the preset's]");
    private static readonly Option<int?> Depth = Count("--depth", "Blocks. [default: the preset's; 3 for the sample's own stories]");
    private static readonly Option<int?> Heads = Count("--heads", "Attention heads. [default: the preset's]");
    private static readonly Option<double?> Dropout =
        Number("--dropout", "Share of numbers that is dropped in training. [default: the preset's, 0.1; 0 for the sample's own stories]",
        value => value is >= 0 and < 1, "a number from 0 up to, not including, 1");
    private static readonly Option<GammaSchedule?> Gamma = SharedOptions.Gamma();
    private static readonly Option<BackpropagationMode?> Mode = SharedOptions.Mode();
    private static readonly Option<ComputePrecision?> Precision = SharedOptions.Precision();
    private static readonly Option<bool> NoQuantization = SharedOptions.NoQuantization();

    private static readonly Option<TokenLevel?> Tokens =
        Choice<TokenLevel>("--tokens", "What tokens are. [default: BytePair; Word for the sample's own stories]");
    private static readonly Option<int?> Vocabulary = Count("--vocabulary",
        "Most tokens of the vocabulary, the 256 bytes included. [default: 2000; 400 for the sample's own stories]", least: 257);
    private static readonly Option<int?> MaxTokens = Count("--max-tokens",
        "Tokens that the network reads at once; longer texts are cut into windows. [default: the trainer's; 32 for the sample's own "
            + "stories]", least: 2);
    private static readonly Option<int?> TokensPerBatch =
        Count("--tokens-per-batch", "Tokens of a batch, padding included. [default: the trainer's, by the size of the data]");
    private static readonly Option<int?> Epochs =
        Count("--epochs", "Passes over the text. [default: the trainer's; by the number of the sample's own stories]");
    private static readonly Option<double?> LearningRate = SharedOptions.LearningRate();
    private static readonly Option<double?> WeightDecay = SharedOptions.WeightDecay();
    private static readonly Option<double?> LabelSmoothing = SharedOptions.LabelSmoothing("tokens");
    private static readonly Option<int?> Seed = SharedOptions.Seed();
    private static readonly Option<int?> Threads = SharedOptions.Threads();
    private static readonly Option<string?> CheckpointDirectory = SharedOptions.CheckpointDirectory("--checkpoints");
    private static readonly Option<int?> CheckpointSteps = SharedOptions.CheckpointSteps();
    private static readonly Option<bool> Resume = SharedOptions.Resume();

    private static readonly Option<string[]> Prompt =
        new("--prompt")
        {
            HelpName = "TEXT", Description = "What a text is to begin with; may be given again. [default: beginnings of test rows]",
        };
    private static readonly Option<double?> Temperature = Number("--temperature",
        "Draws probable tokens more often below 1, less often above it. [default: 1]", value => value is > 0 and <= 100,
        "a number above 0, at most 100");
    private static readonly Option<double?> TopP = Number("--top-p",
        "Draws from the tokens that make up so much of the probability. [default: 0.9; the sample's own stories are not drawn]",
        value => value is > 0 and <= 1, "a number above 0, at most 1");
    private static readonly Option<int?> Length =
        Count("--length", "Tokens to write at most. [default: 100; 8 for the sample's own stories]");

    private static readonly Option<string?> Output = SharedOptions.Output(DefaultOutput);
    private static readonly Option<string?> Save = SharedOptions.Save();
    private static readonly Option<string?> Json = SharedOptions.Json();
    private static readonly Option<string?> Report = SharedOptions.Report();
    private static readonly Option<string?> Curve =
        Text("--curve", "FILE", "File for the learning curve. [default: learning-curve.png in the output folder]");

    private static string DefaultOutput => Path.Combine("output", "text-generation");

    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(string[] args, Func<SampleOptions, int> sample)
    {
        var root = new RootCommand("Trains a transformer that goes on with texts, from scratch, in an ML.NET pipeline; judges it, saves "
            + "it, loads it again, and lets it write.")
        {
            Data, Rows, TrainRows, TestRows, Prompt,
            Preset, Width, Depth, Heads, Dropout, Gamma, Mode, Precision, NoQuantization,
            Tokens, Vocabulary, MaxTokens, TokensPerBatch, Epochs, LearningRate, WeightDecay, LabelSmoothing,
            Seed, Threads, CheckpointDirectory, CheckpointSteps, Resume,
            Temperature, TopP, Length,
            Output, Save, Json, Report, Curve,
        };
        return SampleCommand.Run(root, args, result => sample(Options(result, args)));
    }

    private static SampleOptions Options(ParseResult result, string[] args)
    {
        var output = result.GetValue(Output) ?? DefaultOutput;
        return new()
        {
            Data = result.GetValue(Data),
            Rows = result.GetValue(Rows),
            TrainRows = result.GetValue(TrainRows),
            TestRows = result.GetValue(TestRows),
            Preset = result.GetValue(Preset),
            Width = result.GetValue(Width),
            Depth = result.GetValue(Depth),
            Heads = result.GetValue(Heads),
            Dropout = result.GetValue(Dropout),
            Gamma = result.GetValue(Gamma),
            Mode = result.GetValue(Mode) ?? BackpropagationMode.Reversible,
            Precision = result.GetValue(Precision) ?? ComputePrecision.Float32,
            Quantize = !result.GetValue(NoQuantization),
            Tokens = result.GetValue(Tokens),
            Vocabulary = result.GetValue(Vocabulary),
            MaxTokens = result.GetValue(MaxTokens),
            TokensPerBatch = result.GetValue(TokensPerBatch),
            Epochs = result.GetValue(Epochs),
            LearningRate = result.GetValue(LearningRate),
            WeightDecay = result.GetValue(WeightDecay),
            LabelSmoothing = result.GetValue(LabelSmoothing),
            Seed = result.GetValue(Seed) ?? 1,
            Threads = result.GetValue(Threads),
            CheckpointDirectory = result.GetValue(CheckpointDirectory),
            CheckpointSteps = result.GetValue(CheckpointSteps),
            Resume = result.GetValue(Resume),
            Prompts = result.GetValue(Prompt) ?? [],
            Temperature = result.GetValue(Temperature),
            TopP = result.GetValue(TopP),
            Length = result.GetValue(Length),
            Output = output,
            Save = result.GetValue(Save) ?? Path.Combine(output, "model.zip"),
            Json = result.GetValue(Json) ?? Path.Combine(output, "result.json"),
            Report = result.GetValue(Report) ?? Path.Combine(output, "report.html"),
            Curve = result.GetValue(Curve) ?? Path.Combine(output, "learning-curve.png"),
            Command = SampleCommand.Line("samples/TextGeneration", args),
        };
    }
}
