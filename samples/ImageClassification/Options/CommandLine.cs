using System.CommandLine;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Data.Pictures;
using Bdia.Samples.Common.Options;
using static Bdia.Samples.Common.Options.OptionKinds;

namespace Bdia.Samples.ImageClassification.Options;

/// <summary>The options and their help.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Text("--data", "PATH",
        "Folder of CIFAR-10/100 binary files, of IDX files (MNIST family), or of class folders with pictures. Without it the sample "
            + "draws its own pictures.");
    private static readonly Option<int?> TrainRows =
        Count("--train-rows", "Training rows to use, the classes in turn. [default: all; 20,000 drawn]", least: 2);
    private static readonly Option<int?> TestRows =
        Count("--test-rows", "Test rows to use, the classes in turn. [default: all; 2,000 drawn]");
    private static readonly Option<int?> PictureSize =
        Count("--picture-size", "Height and width that pictures from files are scaled and cropped to; a multiple of the patch size. "
        + "[default: 32]");

    private static readonly Option<VisionTransformerPreset?> Model =
        Choice<VisionTransformerPreset>("--model", "Size of the transformer. [default: Compact]");
    private static readonly Option<int?> PatchSize =
        Count("--patch-size", "Side of the squares that a picture is cut into. [default: 6 for drawn pictures, otherwise the trainer's: "
        + "4, or 16 for Tiny, Small and Base, where that suits the pictures]");
    private static readonly Option<GammaSchedule?> Gamma = SharedOptions.Gamma();
    private static readonly Option<BackpropagationMode?> Mode = SharedOptions.Mode();
    private static readonly Option<ComputePrecision?> Precision = SharedOptions.Precision();
    private static readonly Option<bool> NoQuantization = SharedOptions.NoQuantization();

    private static readonly Option<int?> Epochs =
        Count("--epochs", "Passes over the training rows. [default: 4 for drawn pictures, otherwise 10; more where rows are few]");
    private static readonly Option<int?> BatchSize =
        Count("--batch-size", "Rows per step. [default: 64 for drawn pictures, otherwise the trainer's]");
    private static readonly Option<double?> LearningRate = SharedOptions.LearningRate();
    private static readonly Option<double?> WeightDecay = SharedOptions.WeightDecay();
    private static readonly Option<double?> LabelSmoothing = SharedOptions.LabelSmoothing("classes");
    private static readonly Option<double?> Mixup =
        Number("--mixup", "Alpha of mixup; 0 for none. [default: the trainer's]", value => value is >= 0
        and <= 100, "a number from 0 to 100");
    private static readonly Option<int?> Seed = SharedOptions.Seed();
    private static readonly Option<int?> Threads = SharedOptions.Threads();
    private static readonly Option<string?> CheckpointDirectory = SharedOptions.CheckpointDirectory();
    private static readonly Option<int?> CheckpointSteps = SharedOptions.CheckpointSteps();
    private static readonly Option<bool> Resume = SharedOptions.Resume();

    private static readonly Option<bool> NoBaseline =
        Switch("--no-baseline", "Leave out the linear model (SdcaMaximumEntropy) that ours is compared with.");
    private static readonly Option<string?> Output = SharedOptions.Output("output");
    private static readonly Option<string?> Save = SharedOptions.Save();
    private static readonly Option<string?> Json = SharedOptions.Json();
    private static readonly Option<string?> Report = SharedOptions.Report();

    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(string[] args, Func<SampleOptions, int> sample)
    {
        var root = new RootCommand(
            "Trains a vision transformer from scratch in an ML.NET pipeline, compares it with a linear model, saves it and loads it again.")
        {
            Data, TrainRows, TestRows, PictureSize,
            Model, PatchSize, Gamma, Mode, Precision, NoQuantization,
            Epochs, BatchSize, LearningRate, WeightDecay, LabelSmoothing, Mixup, Seed, Threads, CheckpointDirectory,
                CheckpointSteps, Resume,
            NoBaseline, Output, Save, Json, Report,
        };
        return SampleCommand.Run(root, args, result => sample(Options(result, args)));
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
            Report = result.GetValue(Report) ?? Path.Combine(output, "report.html"),
            Command = SampleCommand.Line("samples/ImageClassification", args),
        };
    }
}
