using System.CommandLine;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using static Bdia.Samples.Common.Options.OptionKinds;

namespace Bdia.Samples.Common.Options;

/// <summary>Options that mean the same in every sample.</summary>
internal static class SharedOptions
{
    public static Option<GammaSchedule?> Gamma() => Parsed("--gamma", "SCHEDULE",
        "Weight of the regularising term: 3 for ±2^-3 (1 to 8), 3/8 for ±3/8, 1..7/8 to draw among ±1/8 to ±7/8, 8@0,3/8@0.6 to change "
            + "it during the run, auto to follow the run, w0 for the plain transformer. [default: the trainer's]",
        GammaSchedule.Parse, "an exponent from 1 to 8 (3 is ±2^-3), a ratio (3/8, 1..7/8), these from fractions of the run on "
            + "(8@0,3/8@0.6), auto, or a weight from 0 to 1 (w0)");

    public static Option<BackpropagationMode?> Mode()
        => Choice<BackpropagationMode>("--mode", "How the backward pass gets its activations. [default: Reversible]");

    public static Option<ComputePrecision?> Precision()
        => Choice<ComputePrecision>("--precision", "Precision of the matrix products. [default: Float32]");

    public static Option<bool> NoQuantization()
        => Switch("--no-quantization", "Leave activations off the grid (for ablation; needs --mode StoreActivations or Checkpointed).");

    public static Option<double?> LearningRate(string otherwise = "the trainer's")
        => Number("--learning-rate", $"Peak of the learning rate. [default: {otherwise}]", value => value is > 0
        and <= 10, "a number above 0, at most 10");

    public static Option<double?> WeightDecay()
        => Number("--weight-decay", "AdamW's weight decay. [default: the trainer's]", value => value is >= 0
        and <= 1, "a number from 0 to 1");

    public static Option<double?> LabelSmoothing(string over, string otherwise = "the trainer's") => Number("--label-smoothing",
        $"Share of the target that is spread over all {over}. [default: {otherwise}]", value => value is >= 0
            and < 1, "a number from 0 up to, not including, 1");

    public static Option<int?> Seed() => Count("--seed", "Everything random derives from it. [default: 1]", least: 0);

    public static Option<int?> Threads() => Count("--threads", "Threads that compute. [default: the number of physical cores]");

    public static Option<string?> CheckpointDirectory(params string[] aliases)
        => Text("--checkpoint-dir", "DIR", "Where checkpoints go. [default: checkpoints in the output folder]", aliases);

    public static Option<int?> CheckpointSteps()
        => Count("--checkpoint-steps", "Steps from one checkpoint to the next, besides the one after each epoch.");

    public static Option<bool> Resume()
        => Switch("--resume", "Go on from the newest checkpoint of a run with the same options that was stopped.");

    public static Option<string?> Output(string otherwise)
        => Text("--output", "DIR", $"Where everything that the run writes goes. [default: {otherwise}]");

    public static Option<string?> Save() => Text("--save", "PATH", "File for the trained model. [default: model.zip in the output folder]");

    public static Option<string?> Report()
        => Text("--report", "FILE", "File for the report, one HTML page. [default: report.html in the output folder]");

    public static Option<string?> Json()
        => Text("--json", "FILE", "File for the figures as JSON. [default: result.json in the output folder]");
}
