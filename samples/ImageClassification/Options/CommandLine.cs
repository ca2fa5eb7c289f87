using System.CommandLine;
using System.CommandLine.Invocation;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using static Bdia.Samples.ImageClassification.Options.OptionKinds;

namespace Bdia.Samples.ImageClassification.Options;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Text("--data", "PATH",
        "Folder of CIFAR-10/100 binary files, of IDX files (MNIST family), or of class folders with pictures. Without it the sample draws its own pictures.");
    private static readonly Option<int?> TrainRows = Count("--train-rows", "Training rows to use, the classes in turn. [default: all; 20,000 drawn]", least: 2);
    private static readonly Option<int?> TestRows = Count("--test-rows", "Test rows to use, the classes in turn. [default: all; 2,000 drawn]");
    private static readonly Option<int?> PictureSize = Count("--picture-size", "Height and width that pictures from files are scaled and cropped to; a multiple of the patch size. [default: 32]");

    private static readonly Option<VisionTransformerPreset?> Model = Choice<VisionTransformerPreset>("--model", "Size of the transformer. [default: Compact]");
    private static readonly Option<int?> PatchSize = Count("--patch-size", "Side of the squares that a picture is cut into. [default: 6 for drawn pictures, otherwise the model's: 4, or 16 for Tiny, Small and Base]");
    private static readonly Option<GammaSchedule?> Gamma = Parsed("--gamma", "SCHEDULE",
        "Weight of the regularising term: 3 for ±2^-3 (1 to 8), 1@0,3@0.6 to change it during the run, w0 for the plain transformer. [default: the trainer's]",
        GammaSchedule.Parse, "an exponent from 1 to 8 (3 is ±2^-3), exponents from fractions of the run on (1@0,3@0.6), or a weight from 0 to 1 (w0)");
    private static readonly Option<BackpropagationMode?> Mode = Choice<BackpropagationMode>("--mode", "How the backward pass gets its activations. [default: Reversible]");
    private static readonly Option<ComputePrecision?> Precision = Choice<ComputePrecision>("--precision", "Precision of the matrix products. [default: Float32]");
    private static readonly Option<bool> NoQuantization = Switch("--no-quantization", "Leave activations off the grid (for ablation; needs --mode StoreActivations or Checkpointed).");

    private static readonly Option<int?> Epochs = Count("--epochs", "Passes over the training rows. [default: 4 for drawn pictures, otherwise 10; more where rows are few]");
    private static readonly Option<int?> BatchSize = Count("--batch-size", "Rows per step. [default: 64 for drawn pictures, 32 where there are under 5,000 rows, otherwise the trainer's]");
    private static readonly Option<double?> LearningRate = Number("--learning-rate", "Peak of the learning rate. [default: the trainer's]", value => value is > 0 and <= 10, "a number above 0, at most 10");
    private static readonly Option<double?> WeightDecay = Number("--weight-decay", "AdamW's weight decay. [default: the trainer's]", value => value is >= 0 and <= 1, "a number from 0 to 1");
    private static readonly Option<double?> LabelSmoothing = Number("--label-smoothing", "Share of the target that is spread over all classes. [default: the trainer's]", value => value is >= 0 and < 1, "a number from 0 up to, not including, 1");
    private static readonly Option<double?> Mixup = Number("--mixup", "Alpha of mixup; 0 for none. [default: the trainer's]", value => value is >= 0 and <= 100, "a number from 0 to 100");
    private static readonly Option<int?> Seed = Count("--seed", "Everything random derives from it. [default: 1]", least: 0);
    private static readonly Option<int?> Threads = Count("--threads", "Threads that compute. [default: the number of physical cores]");
    private static readonly Option<string?> CheckpointDirectory = Text("--checkpoint-dir", "DIR", "Where checkpoints go. [default: checkpoints in the output folder]");
    private static readonly Option<int?> CheckpointSteps = Count("--checkpoint-steps", "Steps from one checkpoint to the next, besides the one after each epoch.");
    private static readonly Option<bool> Resume = Switch("--resume", "Go on from the newest checkpoint of a run with the same options that was stopped.");

    private static readonly Option<bool> NoBaseline = Switch("--no-baseline", "Leave out the linear model (SdcaMaximumEntropy) that ours is compared with.");
    private static readonly Option<string?> Output = Text("--output", "DIR", "Where everything that the run writes goes. [default: output]");
    private static readonly Option<string?> Save = Text("--save", "PATH", "File for the trained model. [default: model.zip in the output folder]");
    private static readonly Option<string?> Json = Text("--json", "FILE", "File for the figures as JSON. [default: result.json in the output folder]");

    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(string[] args, Func<SampleOptions, int> sample)
    {
        var root = new RootCommand(
            "Trains a vision transformer from scratch in an ML.NET pipeline, compares it with a linear model, saves it and loads it again.")
        {
            Data, TrainRows, TestRows, PictureSize,
            Model, PatchSize, Gamma, Mode, Precision, NoQuantization,
            Epochs, BatchSize, LearningRate, WeightDecay, LabelSmoothing, Mixup, Seed, Threads, CheckpointDirectory, CheckpointSteps, Resume,
            NoBaseline, Output, Save, Json,
        };
        root.SetAction(result => Guard.Run(() => sample(Options(result, args))));
        // Ctrl+C belongs to the training run, which ends with the best model so far; errors belong to Guard.
        var result = root.Parse(args);
        if (result.Action is ParseErrorAction error) error.ShowHelp = false;
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    private static SampleOptions Options(ParseResult result, string[] args)
    {
        var output = result.GetValue(Output) ?? "output";
        return new()
        {
            Data = result.GetValue(Data),
            TrainRows = result.GetValue(TrainRows),
            TestRows = result.GetValue(TestRows),
            PictureSize = result.GetValue(PictureSize) ?? 32,
            Model = result.GetValue(Model) ?? VisionTransformerPreset.Compact,
            PatchSize = result.GetValue(PatchSize),
            Gamma = result.GetValue(Gamma),
            Mode = result.GetValue(Mode) ?? BackpropagationMode.Reversible,
            Precision = result.GetValue(Precision) ?? ComputePrecision.Float32,
            Quantize = !result.GetValue(NoQuantization),
            Epochs = result.GetValue(Epochs),
            BatchSize = result.GetValue(BatchSize),
            LearningRate = result.GetValue(LearningRate),
            WeightDecay = result.GetValue(WeightDecay),
            LabelSmoothing = result.GetValue(LabelSmoothing),
            Mixup = result.GetValue(Mixup),
            Seed = result.GetValue(Seed) ?? 1,
            Threads = result.GetValue(Threads),
            CheckpointDirectory = result.GetValue(CheckpointDirectory),
            CheckpointSteps = result.GetValue(CheckpointSteps),
            Resume = result.GetValue(Resume),
            Baseline = !result.GetValue(NoBaseline),
            Output = output,
            Save = result.GetValue(Save) ?? Path.Combine(output, "model.zip"),
            Json = result.GetValue(Json) ?? Path.Combine(output, "result.json"),
            Command = "dotnet run -c Release --project samples/ImageClassification" + string.Concat(args.Prepend("--").Skip(args.Length == 0 ? 1 : 0).Select(Quoted)),
        };
    }

    private static string Quoted(string argument) => argument.Any(char.IsWhiteSpace) ? $" \"{argument}\"" : $" {argument}";
}
