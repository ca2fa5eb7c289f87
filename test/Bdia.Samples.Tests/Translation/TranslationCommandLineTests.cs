using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.Samples.Translation.Options;

namespace Bdia.Samples.Tests.Translation;

public sealed class TranslationCommandLineTests
{
    [Fact]
    public void Every_option_reaches_the_sample()
    {
        var options = Parse(
            "--data", "d", "--source", "en", "--target", "fr", "--train-rows", "100", "--test-rows", "50",
                "--preset", "small", "--width", "96",
            "--encoder-depth", "3", "--decoder-depth", "2", "--heads", "6", "--feed-forward", "200", "--dropout",
                "0.2", "--share-embeddings",
            "--gamma", "1@0,3@0.6", "--mode", "StoreActivations", "--precision", "bfloat16", "--no-quantization",
                "--tokens", "word", "--vocabulary", "900",
            "--separate-vocabularies", "--max-tokens", "80", "--epochs", "7", "--tokens-per-batch", "2000", "--accumulation-steps", "2",
            "--learning-rate", "0.002", "--warmup-steps", "400", "--schedule", "InverseSquareRoot", "--weight-decay",
                "0.1", "--label-smoothing", "0.1",
            "--average-epochs", "5", "--best-by", "score", "--bleu-every", "2", "--time-budget", "1.5", "--seed",
                "0", "--threads", "2", "--checkpoints", "c",
            "--checkpoint-steps", "11", "--resume", "--beam", "5", "--length-penalty", "1", "--translate",
                "one", "--translate", "-", "--model", "x.zip",
            "--output", "o", "--save", "m.zip", "--json", "r.json", "--report", "r.html", "--curve", "c.png");

        Assert.Equal(["one", "-"], options!.Translate);
        Assert.Equal(
            new SampleOptions
            {
                Data = "d", Source = "en", Target = "fr", TrainRows = 100, TestRows = 50, Preset = EncoderDecoderPreset.Small,
                    Width = 96, EncoderDepth = 3,
                DecoderDepth = 2, Heads = 6, FeedForward = 200, Dropout = 0.2, ShareEmbeddings = true,
                    Gamma = GammaSchedule.Parse("1@0,3@0.6"),
                Mode = BackpropagationMode.StoreActivations, Precision = ComputePrecision.BFloat16, Quantize = false,
                    Tokens = TokenLevel.Word, Vocabulary = 900,
                SharedVocabulary = false, MaxTokens = 80, Epochs = 7, TokensPerBatch = 2000, AccumulationSteps = 2,
                    LearningRate = 0.002, WarmupSteps = 400,
                Schedule = LearningRateSchedule.InverseSquareRoot, WeightDecay = 0.1, LabelSmoothing = 0.1,
                    AverageEpochs = 5, BestBy = ModelSelection.Score,
                BleuEvery = 2, TimeBudget = TimeSpan.FromSeconds(90), Seed = 0, Threads = 2, CheckpointDirectory = "c",
                    CheckpointSteps = 11, Resume = true,
                Beam = 5, LengthPenalty = 1, Translate = options.Translate, Model = "x.zip", Output = "o",
                    Save = "m.zip", Json = "r.json", Report = "r.html", Curve = "c.png",
                Command = options.Command,
            },
            options);
    }

    [Fact]
    public void Without_options_files_go_into_a_folder_of_their_own()
    {
        var options = Parse()!;
        var folder = Path.Combine("output", "translation");

        Assert.Equal((folder, Path.Combine(folder, "model.zip"), Path.Combine(folder, "learning-curve.png")),
            (options.Output, options.Save, options.Curve));
        Assert.Equal("dotnet run -c Release --project samples/Translation", options.Command);
        Assert.Empty(options.Translate);
    }

    [Fact]
    public void The_plain_transformer_is_one_word()
    {
        var options = Parse("--plain")!;

        Assert.Equal((GammaSchedule.Weight(0), BackpropagationMode.StoreActivations, false),
            (options.Gamma, options.Mode, options.Quantize));
    }

    [Fact]
    public void A_text_that_begins_like_an_option_is_still_a_text()
        => Assert.Equal(["-5 euros"], Parse("--translate", "-5 euros")!.Translate);

    [Theory]
    [InlineData("--epochs", "0")]
    [InlineData("--vocabulary", "100")]
    [InlineData("--dropout", "1")]
    [InlineData("--gamma", "9")]
    [InlineData("--preset", "7")]
    [InlineData("--schedule", "Linear")]
    [InlineData("--length-penalty", "NaN")]
    [InlineData("--time-budget", "0")]
    [InlineData("--plain", "--gamma", "3")]
    [InlineData("--translate")]
    [InlineData("--nonsense")]
    [InlineData("stray")]
    public void A_wrong_option_ends_with_exit_code_1_before_anything_is_done(params string[] args) => Assert.Null(Parse(args));

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
