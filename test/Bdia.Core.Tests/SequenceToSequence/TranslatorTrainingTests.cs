using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.SequenceToSequence;

public sealed class TranslatorTrainingTests
{
    internal static readonly EncoderDecoderOptions Tiny =
        new() { Width = 32, EncoderDepth = 2, DecoderDepth = 2, Heads = 2, FeedForwardWidth = 64, Dropout = 0, ShareEmbeddings = true };
    internal static readonly TrainingOptions Short = new() { Epochs = 3, LearningRate = 3e-3, Seed = 7, BestBy = ModelSelection.Loss };
    internal static readonly SequenceTrainingOptions Words = new()
    {
        Tokenizer = new() { TokenLevel = TokenLevel.Word, VocabularySize = 300 }, TokensPerBatch = 100,
            ValidationFraction = 0.1, BleuEveryEpochs = 0,
        Decoding = new DecodingOptions { BeamSize = 2, MaxLengthConstant = 5 },
    };

    private static Translator Run(
        TrainingOptions? training = null, SequenceTrainingOptions? sequences = null, ITextPairs? train = null,
            ITextPairs? validation = null,
        EncoderDecoderOptions? model = null, Action<TrainingProgress>? progress = null, IProgress<TrainingNote>? notes = null,
            Func<bool>? probe = null)
        => TranslatorTraining.Run(
            model ?? Tiny, training ?? Short, sequences ?? Words, train ?? Toy.Pairs(60), validation, progress: progress is null
                ? null : new Call(progress),
            notes: notes, stopProbe: probe, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void Learns_a_small_language_and_says_how_well()
    {
        var options = Short with { Epochs = 12, LearningRate = 6e-3, WarmupFraction = 0.1, LabelSmoothing = 0.1,
            BestBy = ModelSelection.Score };
        using var translator = Run(options, Words with { BleuEveryEpochs = 4 }, Toy.Pairs(400), Toy.Pairs(40, seed: 2));
        var result = translator.Result!;
        Assert.True(result.BestValidation!.Score > 95, $"BLEU {result.BestValidation.Score}");
        Assert.True(result.BestValidation.Accuracy > 0.95, $"accuracy {result.BestValidation.Accuracy}");
        Assert.InRange(result.BestValidation.Perplexity, 1, 1.5);
        Assert.Equal([4, 8, 12], result.History.Where(epoch => epoch.Validation!.Score is not null).Select(epoch => epoch.Epoch));
        Assert.Equal(["xyz uv", "w w w xyz"], translator.Best("ab cd", "ef ef ef ab"));
        Assert.True(result.SideInformationBytes > 0);
        Assert.True(result.ItemsPerSecond > 0);
    }

    [Fact]
    public void Outputs_much_longer_than_their_sources_are_written_whole_and_those_cut_off_are_counted()
    {
        // A key and what it stands for: 20 words for one. With room for 5 beyond the source none is whole.
        var keys = Enumerable.Range(0, 300)
            .Select(row => new TextPair($"k{row % 3}", string.Join(' ', Enumerable.Repeat("xyz uv w".Split(' ')[row % 3], 70)))).ToArray();
        var sequences = Words with { BleuEveryEpochs = 1, TokensPerBatch = 1500, Decoding = new() { BeamSize = 1 } };
        var training = Short with { Epochs = 4, LearningRate = 1e-2 };
        using var whole = Run(training, sequences, new Pairs(keys));
        Assert.True(whole.MaxLengthConstant > 80, $"{whole.MaxLengthConstant}");
        var notes = new Notes();
        using var cut = Run(training, sequences with { Decoding = new() { BeamSize = 1, MaxLengthConstant = 5 } },
            new Pairs(keys), notes: notes);
        Assert.Contains(notes.Warnings,
            note => note.Contains("validation outputs were cut off at their longest length, 1 times the source's tokens and 5 more",
            StringComparison.Ordinal));
        var text = cut.Translate(["k1"], cancellation: TestContext.Current.CancellationToken)[0][0];
        Assert.False(text.Finished);
        Assert.True(whole.Translate(["k1"], cancellation: TestContext.Current.CancellationToken)[0][0].Text.Length > text.Text.Length);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        using var first = Run();
        using var second = Run();
        using var third = Run(Short with { Seed = 8 });
        Assert.Equal(Weights.Bytes(first.Model), Weights.Bytes(second.Model));
        Assert.NotEqual(Weights.Bytes(first.Model), Weights.Bytes(third.Model));
    }

    [Theory]
    [InlineData(WeightAverage.Last)]
    [InlineData(WeightAverage.Best)]
    public void A_run_interrupted_again_and_again_ends_with_the_same_bits(WeightAverage average)
    {
        var folder = Directory.CreateTempSubdirectory("bdia-sequences-").FullName;
        try
        {
            var model = Tiny with { Dropout = 0.1 };
            var options = Short with { Epochs = 4, AccumulationSteps = 2, LabelSmoothing = 0.1, BestBy = ModelSelection.Score };
            var sequences = Words with { BleuEveryEpochs = 2, AverageEpochs = 2, AverageOf = average };
            var saving = options with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            using var whole = Run(options, sequences, model: model);
            for (var step = 3; step < whole.Result!.Steps; step += 4)
                Assert.Throws<FormatException>(
                    () => Run(saving, sequences, model: model, progress: p => { if (p.Step == step) throw new FormatException(); })
                    .Dispose());
            using var resumed = Run(saving, sequences, model: model);
            Assert.True(resumed.Result!.ResumedAtStep > 0);
            Assert.Equal(Weights.Bytes(whole.Model), Weights.Bytes(resumed.Model));
            Assert.Equal(whole.Result.AverageValidation, resumed.Result.AverageValidation);
            Assert.NotNull(whole.Result.AverageValidation);
            Assert.Equal(whole.ToJson(), resumed.ToJson());

            Refuses($"FeedForwardWidth is {model.FeedForwardWidth} in the checkpoint and 7 here",
                () => Run(saving, sequences, model: model with { FeedForwardWidth = 7 }));
            Refuses("TokensPerBatch is 100 in the checkpoint and 90 here",
                () => Run(saving, sequences with { TokensPerBatch = 90 }, model: model));
            Refuses("the training data differ", () => Run(saving, sequences, Toy.Pairs(60, seed: 3), model: model));
            Refuses("the tokens of the target's tokenizer differ",
                () => Run(saving, sequences with { SourceTokenizer = whole.SourceTokenizer, TargetTokenizer = OtherTokenizer() },
                model: model with { ShareEmbeddings = false }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Refuses(string text, Func<Translator> run)
            => Assert.Contains(text, Assert.Throws<CheckpointException>(() => run().Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_row_trains_without_validation()
    {
        var notes = new Notes();
        using var translator = Run(Short with { Epochs = 40, LearningRate = 1e-2 },
            train: new Pairs(new TextPair("ab ab cd", "uv w uv")), notes: notes);
        Assert.Null(translator.Result!.BestEpoch);
        Assert.Equal("uv w uv", translator.Best("ab ab cd")[0]);
        Assert.Contains("No rows are held back for validation.", notes.All);
    }

    [Fact]
    public void What_a_user_should_know_of_the_data_is_told_before_training()
    {
        var (notes, before) = (new Notes(), 0);
        using var translator = Run(progress: _ => before = before == 0 ? -1 : before, notes: notes);
        Assert.Contains("6 of 60 training rows are held back for validation.", notes.All);
        Assert.Contains(notes.All, note => note.StartsWith("54 rows to train on, with ", StringComparison.Ordinal));
        Assert.Contains(notes.All, note => note.Contains("batches in the first epoch, with", StringComparison.Ordinal));
    }

    [Fact]
    public void A_probe_ends_training_within_a_batch_with_a_translator()
    {
        var steps = 0;
        using var translator = Run(Short with { Epochs = 1000 }, progress: p => steps = (int)p.Step, probe: () => steps == 5);
        Assert.Equal((StopReason.Cancelled, 5L), (translator.Result!.StopReason, translator.Result.Steps));
        Assert.Single(translator.Best("ab"));
    }

    [Fact]
    public void A_probe_while_rows_are_read_ends_by_an_exception()
        => Assert.Throws<OperationCanceledException>(() => Run(probe: () => true).Dispose());

    [Fact]
    public void A_state_beyond_the_exact_range_is_reported_by_the_stack_not_by_libtorch()
    {
        var model = Tiny with { Stack = Tiny.Stack with { FractionBits = 20 } }; // exact up to magnitude 16 only
        var fault = Assert.ThrowsAny<Exception>(
            () => Run(Short with { LearningRate = 1, Epochs = 30, ClipNorm = 0, BestBy = ModelSelection.Loss }, model: model).Dispose());
        Assert.IsType<Bdia.Core.Reversible.ReversibilityException>(fault);
    }

    [Fact]
    public void Options_that_are_wrong_or_contradict_one_another_are_errors_before_any_row_is_read()
    {
        var pairs = Toy.Pairs(3);
        Refuses("MaxTokens is 256, but the network's MaxLength is 100", Words, model: Tiny with { MaxLength = 100 });
        Refuses("BestBy is Score, which is BLEU, but BleuEveryEpochs is 0", Words, Short with { BestBy = ModelSelection.Score });
        Refuses("Width", Words, model: Tiny with { Width = 33 });
        var message = Refuses("These SequenceTrainingOptions cannot be used. ", Words with
        {
            TokensPerBatch = 0, MaxTokens = 1, LongTexts = (LongTextPolicy)5, ValidationFraction = 1,
                BleuEveryEpochs = -1, BleuRows = 0, AverageEpochs = 101,
            AverageOf = (WeightAverage)9, Tokenizer = new() { VocabularySize = 3 }, Decoding = new() { BeamSize = 0 },
        });
        foreach (var name in (string[])["TokensPerBatch", "MaxTokens", "LongTexts", "ValidationFraction",
            "BleuEveryEpochs", "BleuRows", "AverageEpochs", "AverageOf", "VocabularySize", "BeamSize"])
            Assert.Contains($"{name} is", message, StringComparison.Ordinal);
        Refuses("Tokenizer is null", Words with { Tokenizer = null! });
        Assert.Equal(0, pairs.Passes);

        string Refuses(string text, SequenceTrainingOptions sequences, TrainingOptions? training = null,
            EncoderDecoderOptions? model = null)
        {
            var fault = Assert.Throws<ArgumentException>(() => Run(training, sequences, pairs, model: model).Dispose());
            Assert.Contains(text, fault.Message, StringComparison.Ordinal);
            return fault.Message;
        }
    }

    [Fact]
    public void Separate_vocabularies_cannot_share_an_embedding()
    {
        var train = new Pairs(new("ab ab cd cd", "uv"), new("ab cd", "w w w uv uv x x"));
        var fault = Assert.Throws<ArgumentException>(() => Run(sequences: Words with { SharedVocabulary = false }, train: train).Dispose());
        Assert.Contains("ShareEmbeddings is true", fault.Message, StringComparison.Ordinal);
        using var translator = Run(sequences: Words with { SharedVocabulary = false }, train: train,
            model: Tiny with { ShareEmbeddings = false });
        Assert.NotEqual(translator.Model.Options.SourceVocabulary, translator.Model.Options.TargetVocabulary);
    }

    [Fact]
    public void Patience_and_the_best_average_need_validation()
    {
        var sequences = Words with { ValidationFraction = 0 };
        Assert.Contains("EarlyStoppingPatience is 2, but there is nothing to validate on",
            Assert.Throws<ArgumentException>(() => Run(Short with { EarlyStoppingPatience = 2 }, sequences).Dispose()).Message,
                StringComparison.Ordinal);
        Assert.Contains("AverageOf is Best, but there is nothing to validate on",
            Assert.Throws<ArgumentException>(
                () => Run(sequences: sequences with { AverageEpochs = 2, AverageOf = WeightAverage.Best }).Dispose()).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Training_leaves_the_global_generator_alone_and_no_tensor_in_the_callers_scope()
    {
        var state = torch.random.get_rng_state().bytes.ToArray();
        using var scope = torch.NewDisposeScope();
        using (Run(sequences: Words with { BleuEveryEpochs = 1, AverageEpochs = 2 })) Assert.Equal(0, scope.DisposablesCount);
        Assert.Equal(state, torch.random.get_rng_state().bytes.ToArray());
    }

    private static ITextTokenizer OtherTokenizer()
        => TextTokenizer.Train(["xyz uv xyz uv xyz uv"], Words.Tokenizer, TestContext.Current.CancellationToken);
}
