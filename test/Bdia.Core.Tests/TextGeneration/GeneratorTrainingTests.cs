using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.TextGeneration;

public class GeneratorTrainingTests
{
    private sealed class Notes : IProgress<TrainingNote>
    {
        public List<string> Texts { get; } = [];

        public void Report(TrainingNote value) => Texts.Add(value.Text);
    }

    private static TextGenerator Train(ITexts texts, TrainingOptions? training = null, GenerationTrainingOptions? generation = null,
        LanguageModelOptions? model = null, Notes? notes = null, ITexts? validation = null)
        => GeneratorTraining.Run(model ?? ToyTexts.Model, training ?? ToyTexts.Training(), generation ?? ToyTexts.Generation, texts,
            validation, notes: notes, cancellation: TestContext.Current.CancellationToken);

    private static byte[] Weights(TextGenerator generator)
    {
        using var stream = new MemoryStream();
        generator.SaveWeights(stream);
        return stream.ToArray();
    }

    [Fact]
    public void It_learns_to_go_on_and_where_to_end()
    {
        using var generator = Train(ToyTexts.Counting(), ToyTexts.Training(30),
            ToyTexts.Generation with { ValidationFraction = 0 });
        var written = generator.Continue(["0 1 2", "1 2 3"], cancellation: TestContext.Current.CancellationToken);
        Assert.All(written, found => Assert.True(found[0].Finished));
        Assert.StartsWith(" 3 4", written[0][0].Text, StringComparison.Ordinal);
        Assert.StartsWith(" 4 5", written[1][0].Text, StringComparison.Ordinal);
        Assert.InRange(generator.Judge(["1 2 3 4 5"], TestContext.Current.CancellationToken).Perplexity, 1, 2.5);
        Assert.InRange(generator.Judge(["5 1 9 0 7"], TestContext.Current.CancellationToken).Perplexity, 4, double.MaxValue);
    }

    [Fact]
    public void A_run_that_is_resumed_ends_with_the_bits_of_one_that_was_not_interrupted()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-").FullName;
        try
        {
            var training = ToyTexts.Training(4) with { CheckpointDirectory = folder, CheckpointEveryEpochs = 1 };
            // One text, of which every epoch reads other windows.
            var (text, generation) = (new ToyTexts(string.Concat(Enumerable.Repeat("0 1 2 3 4 5 6 7 8 9\n", 20))),
                ToyTexts.Generation with { JoinRows = true, MaxTokens = 16 });
            var model = ToyTexts.Model with { Dropout = 0.1 };
            using var whole = Train(text, ToyTexts.Training(4), generation, model);
            using (Train(text, training with { Epochs = 2, LearningRateSchedule = LearningRateSchedule.Constant }, generation, model))
            {
            }

            using var constant = Train(text, ToyTexts.Training(4) with { LearningRateSchedule = LearningRateSchedule.Constant },
                generation, model);
            using var resumed = Train(text, training with { LearningRateSchedule = LearningRateSchedule.Constant, Resume = true },
                generation, model);
            Assert.Equal(Weights(constant), Weights(resumed));
            Assert.NotEqual(Weights(whole), Weights(resumed));
            Assert.Throws<CheckpointException>(() => Train(ToyTexts.Counting(), training with { Resume = true }, generation, model));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Of_one_text_alone_the_end_is_held_back()
    {
        var notes = new Notes();
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}\n"));
        using var generator = Train(new ToyTexts(text), ToyTexts.Training(1), ToyTexts.Generation with { ValidationFraction = 0.1 },
            notes: notes);
        var tokens = generator.Tokenizer.Encode(text[..(text.Length - text.Length / 10)]).Count + 1;
        Assert.Contains(notes.Texts,
            note => note.StartsWith($"One text to train on, with {tokens} tokens, and ", StringComparison.Ordinal));
        Assert.NotNull(generator.Result!.BestValidation);
    }

    [Fact]
    public void Rows_that_are_joined_are_one_text_with_line_breaks()
    {
        var lines = Enumerable.Range(0, 40).Select(i => i % 7 == 0 ? "" : $"line {i}").ToArray();
        var generation = ToyTexts.Generation with { JoinRows = true };
        using var joined = Train(new ToyTexts(lines), ToyTexts.Training(2), generation);
        using var one = Train(new ToyTexts(string.Join('\n', lines)), ToyTexts.Training(2), generation with { JoinRows = false });
        Assert.Equal(Weights(one), Weights(joined));
    }

    [Fact]
    public void Batches_that_are_cut_to_fit_the_memory_take_the_same_steps()
    {
        var (notes, texts) = (new Notes(), ToyTexts.Counting());
        using var whole = Train(texts);
        var most = MemoryEstimate.ForTexts(ToyTexts.Model with { Vocabulary = NetworkIds.Vocabulary(whole.Tokenizer) }, 3, 24).Total;
        using var cut = Train(texts, ToyTexts.Training() with { TrainingMemoryBytes = most }, notes: notes);
        Assert.Contains(notes.Texts, note => note.Contains("batches are cut into ", StringComparison.Ordinal));
        Assert.Equal(whole.Result!.Steps, cut.Result!.Steps);
        // The same rows and draws, summed in another order.
        Assert.Equal(whole.Result.History[^1].TrainingLoss, cut.Result.History[^1].TrainingLoss, 2);
    }

    [Fact]
    public void Data_that_cannot_be_used_is_told()
    {
        void Refused(string words, ITexts texts, ITexts? validation = null) => Assert.Contains(words,
            Assert.Throws<InvalidDataException>(() => Train(texts, validation: validation)).Message, StringComparison.Ordinal);

        Refused("The training data has no rows", new ToyTexts());
        Refused("The training data has 3 rows, and none of them holds any text", new ToyTexts("", null, ""));
        Refused("The validation data has 1 rows", ToyTexts.Counting(), new ToyTexts(""));
        Refused("The data changed between two passes", new Changing());
        var notes = new Notes();
        using var generator = Train(new ToyTexts("a b", "", "b c", null, "c d"), ToyTexts.Training(1), notes: notes);
        Assert.Contains("2 training rows are empty, and are left out.", notes.Texts);
    }

    [Fact]
    public void Options_that_contradict_each_other_are_refused()
    {
        void Refused(string words, TrainingOptions training, GenerationTrainingOptions generation) => Assert.Contains(words,
            Assert.Throws<ArgumentException>(() => Train(ToyTexts.Counting(), training, generation)).Message, StringComparison.Ordinal);

        Refused("MaxTokens is 25, but the network's MaxLength is 24", ToyTexts.Training(), ToyTexts.Generation with { MaxTokens = 25 });
        Refused("BestBy is Score", ToyTexts.Training() with { BestBy = ModelSelection.Score }, ToyTexts.Generation);
        Refused("MaxTokens is 1; it must be 2..65,536. TokensPerBatch is 0", ToyTexts.Training(),
            ToyTexts.Generation with { MaxTokens = 1, TokensPerBatch = 0 });
    }

    private sealed class Changing : ITexts
    {
        private int pass;

        public IEnumerable<string> Read() => ["a b c", $"{pass++}"];
    }
}
