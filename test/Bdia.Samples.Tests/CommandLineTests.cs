using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Options;

namespace Bdia.Samples.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_option_reaches_the_sample()
    {
        var options = Parse(
            "--data", "pictures", "--train-rows", "100", "--test-rows", "50", "--picture-size", "64", "--model",
                "tiny", "--patch-size", "8",
            "--gamma", "1@0,3@0.6", "--mode", "StoreActivations", "--precision", "bfloat16", "--no-quantization",
                "--epochs", "7", "--batch-size", "9",
            "--learning-rate", "0.002", "--weight-decay", "0.1", "--label-smoothing", "0.1", "--mixup", "0.2",
                "--seed", "0", "--threads", "2",
            "--checkpoint-dir", "c", "--checkpoint-steps", "11", "--resume", "--no-baseline", "--output", "o",
                "--save", "m.zip", "--json", "r.json", "--report", "r.html");

        Assert.Equal(
            new SampleOptions
            {
                Data = "pictures", TrainRows = 100, TestRows = 50, PictureSize = 64, Model = VisionTransformerPreset.Tiny, PatchSize = 8,
                Gamma = GammaSchedule.Parse("1@0,3@0.6"), Mode = BackpropagationMode.StoreActivations,
                    Precision = ComputePrecision.BFloat16,
                Quantize = false, Epochs = 7, BatchSize = 9, LearningRate = 0.002, WeightDecay = 0.1,
                    LabelSmoothing = 0.1, Mixup = 0.2, Seed = 0,
                Threads = 2, CheckpointDirectory = "c", CheckpointSteps = 11, Resume = true, Baseline = false, Output = "o", Save = "m.zip",
                Json = "r.json", Report = "r.html", Command = options!.Command,
            },
            options);
    }

    [Fact]
    public void Without_options_files_go_into_the_output_folder()
    {
        var options = Parse()!;

        Assert.Equal(("output", Path.Combine("output", "model.zip"), Path.Combine("output", "result.json"),
            Path.Combine("output", "report.html")), (options.Output, options.Save, options.Json, options.Report));
        Assert.Equal("dotnet run -c Release --project samples/ImageClassification", options.Command);
    }

    [Theory]
    [InlineData("--epochs", "0")]
    [InlineData("--epochs", "many")]
    [InlineData("--seed", "-1")]
    [InlineData("--seed", "99999999999")]
    [InlineData("--learning-rate", "NaN")]
    [InlineData("--label-smoothing", "1")]
    [InlineData("--gamma", "9")]
    [InlineData("--model", "7")]
    [InlineData("--mode", "Huge")]
    [InlineData("--epochs")]
    [InlineData("--nonsense")]
    [InlineData("stray")]
    public void A_wrong_option_ends_with_exit_code_1_before_anything_is_done(params string[] args)
        => Assert.Null(Parse(args));

    [Fact]
    public void A_fault_of_the_run_ends_with_exit_code_1()
        => Assert.Equal(1, CommandLine.Run([], _ => throw new InvalidOperationException("it does not work")));

    /// <summary>The options as the sample gets them; null where it was not reached, which must come with exit code 1.</summary>
    private static SampleOptions? Parse(params string[] args)
    {
        SampleOptions? options = null;
        var code = CommandLine.Run(args, parsed =>
        {
            options = parsed;
            return 0;
        });
        Assert.Equal(options is null ? 1 : 0, code);
        return options;
    }
}
