using System.CommandLine;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.Data;
using Bdia.Samples.Common.Options;
using Bdia.Samples.Translation.Data;
using static Bdia.Samples.Common.Options.OptionKinds;

namespace Bdia.Samples.Translation.Options;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    /// <summary>What a line is given as to read lines from the standard input.</summary>
    public const string StandardInput = "-";

    private static readonly Option<string?> Data = Text("--data", "PATH",
        "Folder of line-aligned files train.LANG, val.LANG, test*.LANG, plain or .gz; or a tab-separated file, .tsv, .txt or a .zip "
            + "that holds one. Without it the sample makes its own language pair.");
    private static readonly Option<string?> Source =
        Text("--source", "LANG", "Language that is translated: the ending of its files; in a tab-separated file the column's name or "
        + "number. [default: column 1]");
    private static readonly Option<string?> Target =
        Text("--target", "LANG", "Language that is translated to, likewise. [default: column 2]");
    private static readonly Option<int?> TrainRows =
        Count("--train-rows", FormattableString.Invariant(
        $"Training rows to use, chosen by the seed. [default: all; {DataSources.MadeTrainRows:N0} made]"));
    private static readonly Option<int?> TestRows =
        Count("--test-rows", FormattableString.Invariant(
        $"Rows to use of each test set, the first ones. [default: all; {DataSources.MadeTestRows:N0} made]"));

    private static readonly Option<EncoderDecoderPreset?> Preset =
        Choice<EncoderDecoderPreset>("--preset", "Size of the transformer. [default: Compact]");
    private static readonly Option<int?> Width = Count("--width", "Numbers per token; a multiple of the heads. [default: the preset's]");
    private static readonly Option<int?> EncoderDepth =
        Count("--encoder-depth", "Blocks of the encoder. [default: the preset's; fewer for the sample's own pair]");
    private static readonly Option<int?> DecoderDepth =
        Count("--decoder-depth", "Blocks of the decoder. [default: the preset's; fewer for the sample's own pair]");
    private static readonly Option<int?> Heads = Count("--heads", "Attention heads. [default: the preset's]");
    private static readonly Option<int?> FeedForward =
        Count("--feed-forward", "Numbers per token within the feed-forward parts. [default: the preset's]");
    private static readonly Option<double?> Dropout =
        Number("--dropout", "Share of numbers that is dropped in training. [default: the preset's, 0.1; less for the sample's own pair]",
        value => value is >= 0 and < 1, "a number from 0 up to, not including, 1");
    private static readonly Option<bool> ShareEmbeddings = Switch("--share-embeddings", "One embedding for source and target.");
    private static readonly Option<GammaSchedule?> Gamma = SharedOptions.Gamma();
    private static readonly Option<BackpropagationMode?> Mode = SharedOptions.Mode();
    private static readonly Option<ComputePrecision?> Precision = SharedOptions.Precision();
    private static readonly Option<bool> NoQuantization = SharedOptions.NoQuantization();
    private static readonly Option<bool> Plain =
        Switch("--plain", "The plain transformer, for comparison: short for --gamma w0 --no-quantization --mode StoreActivations.");

    private static readonly Option<TokenLevel?> Tokens = Choice<TokenLevel>("--tokens", "What tokens are. [default: BytePair]");
    private static readonly Option<int?> Vocabulary =
        Count("--vocabulary", "Most tokens of a vocabulary, the 256 bytes included. [default: the trainer's; fewer for the sample's own "
        + "pair]", least: 257);
    private static readonly Option<bool> SeparateVocabularies =
        Switch("--separate-vocabularies", "A vocabulary for each language, instead of one for both.");
    private static readonly Option<int?> MaxTokens =
        Count("--max-tokens", "Tokens of the longest text; longer ones are cut. [default: the trainer's]", least: 2);

    private static readonly Option<int?> Epochs =
        Count("--epochs", "Passes over the training rows. [default: the trainer's; few for the sample's own pair]");
    private static readonly Option<int?> TokensPerBatch =
        Count("--tokens-per-batch", "Tokens of a batch on its longer side, padding included. [default: the trainer's, by the size of "
        + "the data]");
    private static readonly Option<int?> AccumulationSteps = Count("--accumulation-steps", "Batches that make one step. [default: 1]");
    private static readonly Option<double?> LearningRate = SharedOptions.LearningRate();
    private static readonly Option<int?> WarmupSteps =
        Count("--warmup-steps", "Steps in which the learning rate rises. [default: the trainer's share of the run]", least: 0);
    private static readonly Option<LearningRateSchedule?> Schedule =
        Choice<LearningRateSchedule>("--schedule", "How the learning rate runs after that. [default: Cosine]");
    private static readonly Option<double?> WeightDecay = SharedOptions.WeightDecay();
    private static readonly Option<double?> LabelSmoothing =
        SharedOptions.LabelSmoothing("tokens", "the trainer's; 0 for the sample's own pair");
    private static readonly Option<int?> AverageEpochs =
        Count("--average-epochs", "Epochs at the end whose weights are averaged. [default: 1, none]");
    private static readonly Option<ModelSelection?> BestBy =
        Choice<ModelSelection>("--best-by", "Which figure of the validation rows chooses the best epoch; Accuracy is the share of tokens, "
        + "Score BLEU. [default: Accuracy]");
    private static readonly Option<int?> BleuEvery =
        Count("--bleu-every", "Epochs from one BLEU of the validation rows to the next; 0 for none. [default: 1]", least: 0);
    private static readonly Option<TimeSpan?> TimeBudget =
        Parsed<TimeSpan?>("--time-budget", "MINUTES", "Time after which training ends with the best model so far.",
        text => Decimal(text) is var minutes and > 0 and < 1e6 ? TimeSpan.FromMinutes(minutes)
            : throw new FormatException(), "a number of minutes above 0");
    private static readonly Option<int?> Seed = SharedOptions.Seed();
    private static readonly Option<int?> Threads = SharedOptions.Threads();
    private static readonly Option<string?> CheckpointDirectory = SharedOptions.CheckpointDirectory("--checkpoints");
    private static readonly Option<int?> CheckpointSteps = SharedOptions.CheckpointSteps();
    private static readonly Option<bool> Resume = SharedOptions.Resume();

    private static readonly Option<int?> Beam =
        Count("--beam", "Hypotheses that are followed at once; 1 is greedy. [default: the trainer's, 4; the model's, where one is "
        + "loaded; 1 for the sample's own pair]");
    private static readonly Option<double?> LengthPenalty =
        Number("--length-penalty", "alpha in log P / ((5 + length) / 6)^alpha, by which hypotheses are ranked. [default: the trainer's, "
        + "0.6; the model's, where one is loaded]", value => value is >= 0 and <= 5, "a number from 0 to 5");

    private static readonly Option<string[]> Translate =
        new("--translate") { HelpName = "TEXT",
        Description = "A text to translate, once the model is there; may be given again. - reads lines from the terminal or a pipe." };
    private static readonly Option<string?> Model =
        Text("--model", "FILE", "A saved model to load instead of training one; it is evaluated where there is --data, or nothing to "
        + "translate.");
    private static readonly Option<string?> Output = SharedOptions.Output(DefaultOutput);
    private static readonly Option<string?> Save = SharedOptions.Save();
    private static readonly Option<string?> Json = SharedOptions.Json();
    private static readonly Option<string?> Report = SharedOptions.Report();
    private static readonly Option<string?> Curve =
        Text("--curve", "FILE", "File for the learning curve. [default: learning-curve.png in the output folder]");

    private static string DefaultOutput => Path.Combine("output", "translation");

    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(string[] args, Func<SampleOptions, int> sample)
    {
        var root = new RootCommand("Trains a transformer that translates, from scratch, in an ML.NET pipeline; evaluates it, saves it, "
            + "loads it again, and translates with it.")
        {
            Data, Source, Target, TrainRows, TestRows,
            Translate, Model,
            Preset, Width, EncoderDepth, DecoderDepth, Heads, FeedForward, Dropout, ShareEmbeddings, Gamma,
                Mode, Precision, NoQuantization, Plain,
            Tokens, Vocabulary, SeparateVocabularies, MaxTokens,
            Epochs, TokensPerBatch, AccumulationSteps, LearningRate, WarmupSteps, Schedule, WeightDecay,
                LabelSmoothing, AverageEpochs, BestBy, BleuEvery, TimeBudget,
            Seed, Threads, CheckpointDirectory, CheckpointSteps, Resume,
            Beam, LengthPenalty,
            Output, Save, Json, Report, Curve,
        };
        return SampleCommand.Run(root, args, result => sample(Options(result, args)));
    }

    private static SampleOptions Options(ParseResult result, string[] args)
    {
        var output = result.GetValue(Output) ?? DefaultOutput;
        var plain = result.GetValue(Plain);
        if (plain && (result.GetValue(Gamma) is not null || result.GetValue(Mode) is not null))
            throw new InputException("--plain stands for --gamma w0 --no-quantization --mode StoreActivations. Leave out --gamma and "
                + "--mode, or --plain.");
        return new()
        {
            Data = result.GetValue(Data),
            Source = result.GetValue(Source),
            Target = result.GetValue(Target),
            TrainRows = result.GetValue(TrainRows),
            TestRows = result.GetValue(TestRows),
            Preset = result.GetValue(Preset),
            Width = result.GetValue(Width),
            EncoderDepth = result.GetValue(EncoderDepth),
            DecoderDepth = result.GetValue(DecoderDepth),
            Heads = result.GetValue(Heads),
            FeedForward = result.GetValue(FeedForward),
            Dropout = result.GetValue(Dropout),
            ShareEmbeddings = result.GetValue(ShareEmbeddings) ? true : null,
            Gamma = plain ? GammaSchedule.Weight(0) : result.GetValue(Gamma),
            Mode = plain ? BackpropagationMode.StoreActivations : result.GetValue(Mode) ?? BackpropagationMode.Reversible,
            Precision = result.GetValue(Precision) ?? ComputePrecision.Float32,
            Quantize = !plain && !result.GetValue(NoQuantization),
            Tokens = result.GetValue(Tokens),
            Vocabulary = result.GetValue(Vocabulary),
            SharedVocabulary = result.GetValue(SeparateVocabularies) ? false : null,
            MaxTokens = result.GetValue(MaxTokens),
            Epochs = result.GetValue(Epochs),
            TokensPerBatch = result.GetValue(TokensPerBatch),
            AccumulationSteps = result.GetValue(AccumulationSteps),
            LearningRate = result.GetValue(LearningRate),
            WarmupSteps = result.GetValue(WarmupSteps),
            Schedule = result.GetValue(Schedule),
            WeightDecay = result.GetValue(WeightDecay),
            LabelSmoothing = result.GetValue(LabelSmoothing),
            AverageEpochs = result.GetValue(AverageEpochs),
            BestBy = result.GetValue(BestBy),
            BleuEvery = result.GetValue(BleuEvery),
            TimeBudget = result.GetValue(TimeBudget),
            Seed = result.GetValue(Seed) ?? 1,
            Threads = result.GetValue(Threads),
            CheckpointDirectory = result.GetValue(CheckpointDirectory),
            CheckpointSteps = result.GetValue(CheckpointSteps),
            Resume = result.GetValue(Resume),
            Beam = result.GetValue(Beam),
            LengthPenalty = result.GetValue(LengthPenalty),
            Model = result.GetValue(Model),
            Translate = result.GetValue(Translate) ?? [],
            Output = output,
            Save = result.GetValue(Save) ?? Path.Combine(output, "model.zip"),
            Json = result.GetValue(Json) ?? Path.Combine(output, "result.json"),
            Report = result.GetValue(Report) ?? Path.Combine(output, "report.html"),
            Curve = result.GetValue(Curve) ?? Path.Combine(output, "learning-curve.png"),
            Command = SampleCommand.Line("samples/Translation", args),
        };
    }
}
