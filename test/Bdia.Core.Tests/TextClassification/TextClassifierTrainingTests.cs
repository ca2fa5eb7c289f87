using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.TextClassification;

public class TextClassifierTrainingTests
{
    private readonly List<TrainingNote> notes = [];

    private sealed class Noting(List<TrainingNote> notes) : IProgress<TrainingNote>
    {
        public void Report(TrainingNote value) => notes.Add(value);
    }

    private TextClassifier Run(ILabelledTexts rows, TextEncoderOptions? model = null, TrainingOptions? training = null,
        TextClassificationOptions? texts = null, ILabelledTexts? validation = null)
        => TextClassifierTraining.Run(model ?? ToyTexts.Tiny, training ?? ToyTexts.Short, texts ?? ToyTexts.Words, rows, validation,
            notes: new Noting(notes), cancellation: TestContext.Current.CancellationToken);

    private static double Accuracy(TextClassifier classifier, ToyTexts rows)
    {
        var all = rows.Read().ToList();
        var scores = new float[all.Count * 2];
        string?[]? seconds = classifier.Model.Options.Pairs ? [.. all.Select(row => row.Second)] : null;
        classifier.Score([.. all.Select(row => row.Text)], seconds, scores);
        return all.Select((row, i) => scores[2 * i + row.Label] > 0.5 ? 1.0 : 0).Average();
    }

    [Fact]
    public void It_learns_what_word_order_alone_decides()
    {
        using var classifier = Run(new ToyTexts(400), training: ToyTexts.Short with { Epochs = 12 });

        // Words say nothing: without their order half would be right.
        Assert.InRange(Accuracy(classifier, new ToyTexts(200, seed: 5)), 0.95, 1);
    }

    [Fact]
    public void It_learns_what_two_texts_are_to_each_other()
    {
        using var classifier = Run(new ToyTexts(600, pairs: true), ToyTexts.Tiny with { Pairs = true },
            ToyTexts.Short with { Epochs = 20 });

        Assert.InRange(Accuracy(classifier, new ToyTexts(200, seed: 5, pairs: true)), 0.8, 1);
    }

    [Fact]
    public void Memory_budgets_cut_batches_and_change_the_result_by_rounding_alone()
    {
        var model = ToyTexts.Tiny with { Dropout = 0.1 };
        using var whole = Run(new ToyTexts(60), model);
        var batches = notes.Single(note => note.Text.StartsWith("Batches of 8 texts", StringComparison.Ordinal)).Text;
        Assert.Contains("is estimated to take", batches, StringComparison.Ordinal);
        var estimate = TextClassifierTraining.EstimateMemory(model with { Vocabulary = whole.Model.Options.Vocabulary },
            ToyTexts.Short, ToyTexts.Words with { Tokenizer = whole.Tokenizer }, 7);
        using var cut = Run(new ToyTexts(60), model, ToyTexts.Short with { TrainingMemoryBytes = estimate.Total - 1 });

        Assert.Contains(notes, note => note.Text.StartsWith("Batches of 4 texts, 2 for each step", StringComparison.Ordinal));
        Assert.Equal(whole.Result!.Steps, cut.Result!.Steps);
        // The rows of a step and their dropout are the same, but the signs of gamma and the order of sums are each batch's own.
        Assert.Equal(whole.Result.History[0].TrainingLoss, cut.Result.History[0].TrainingLoss, 0.05);
    }

    [Fact]
    public void Rows_are_held_back_by_class_and_the_tokenizer_does_not_see_them()
    {
        var rows = new ListedTexts(
            [.. Enumerable.Range(0, 40).Select(i => new LabelledText($"word{(char)('a' + i % 26)} x", null, i % 4 == 0 ? 0 : 1))]);
        using var classifier = Run(rows, texts: ToyTexts.Words with { ValidationFraction = 0.25 });

        Assert.Equal(10, classifier.Result!.History[0].Validation!.Items);
        Assert.Contains(notes, note => note.Text == "10 of 40 training rows are held back for validation.");
        Assert.Contains(notes, note => note.IsWarning && note.Text.Contains("trained on as well", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_without_text_are_left_out_and_counted_and_long_ones_cut_or_refused()
    {
        LabelledText[] rows = [.. new ToyTexts(20).Read(), new(" ", null, 0), new("", null, 1),
            new(string.Join(' ', Enumerable.Repeat("ab", 40)), null, 0)];
        using (Run(new ListedTexts(rows)))
        {
        }

        Assert.Contains(notes, note => note.IsWarning && note.Text == "2 of 23 training rows have no text, and are left out.");
        Assert.Contains(notes, note => note.IsWarning && note.Text.StartsWith("1 of 21 training rows have more than 20 tokens",
            StringComparison.Ordinal));
        Assert.Contains("Row 22 of the training data has", Assert.Throws<InvalidDataException>(
            () => Run(new ListedTexts(rows), texts: ToyTexts.Words with { LongTexts = LongTextPolicy.Throw })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_cannot_be_trained_on_is_refused()
    {
        AssertFault("has no rows");
        AssertFault("none of them has any text", new LabelledText("", null, 0), new(" ", null, 1));
        AssertFault("All training rows have label 1", new LabelledText("a", null, 1), new("b", null, 1));
        AssertFault("Row 1 of the training data has label 2; labels are 0..1", new LabelledText("a", null, 1), new("b", null, 2));
        AssertFault("Row 0 of the training data has label -1", new LabelledText("a", null, -1));
        Assert.Contains("The validation data has no row with text", Assert.Throws<InvalidDataException>(
            () => Run(new ToyTexts(20), validation: new ListedTexts(new LabelledText("", null, 0)))).Message, StringComparison.Ordinal);

        void AssertFault(string text, params LabelledText[] rows)
            => Assert.Contains(text, Assert.Throws<InvalidDataException>(() => Run(new ListedTexts(rows))).Message,
                StringComparison.Ordinal);
    }

    private sealed class Changing : ILabelledTexts
    {
        private int passes;

        public IEnumerable<LabelledText> Read()
        {
            passes++;
            return new ToyTexts(20, seed: passes / 2).Read();
        }
    }

    [Fact]
    public void Data_that_changes_between_two_passes_is_found()
        => Assert.Contains("changed between two passes",
            Assert.Throws<InvalidDataException>(() => Run(new Changing())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_class_that_weighs_more_is_predicted_more()
    {
        // The same text in both classes: what is predicted is their weight.
        var rows = new ListedTexts([.. Enumerable.Range(0, 40).Select(i => new LabelledText("ab cd", null, i % 2))]);
        using var classifier = Run(rows, training: ToyTexts.Short with { Epochs = 30 },
            texts: ToyTexts.Words with { ClassWeights = [3, 1] });
        var scores = new float[2];
        classifier.Score(["ab cd"], null, scores);

        Assert.Equal(0.75, scores[0], 0.08); // a noisy end of a short run
    }

    [Fact]
    public void Options_that_contradict_one_another_are_refused()
    {
        Assert.Contains("MaxTokens is 600", Fault(texts: ToyTexts.Words with { MaxTokens = 600 }), StringComparison.Ordinal);
        Assert.Contains("ClassWeights is of length 3", Fault(texts: ToyTexts.Words with { ClassWeights = [1, 1, 1] }),
            StringComparison.Ordinal);
        var message = Fault(texts: new()
        {
            MaxTokens = 1, TokenDropout = 1, ValidationFraction = -1, LongTexts = (LongTextPolicy)8,
            TokenizerTraining = new() { VocabularySize = 1 },
        });
        foreach (var option in new[]
        {
            "MaxTokens is 1", "TokenDropout is 1", "ValidationFraction is -1", "LongTexts is 8", "VocabularySize is 1",
        })
            Assert.Contains(option, message, StringComparison.Ordinal);
        Assert.Contains("Depth is 0", Fault(ToyTexts.Tiny with { Depth = 0 }), StringComparison.Ordinal);

        string Fault(TextEncoderOptions? model = null, TextClassificationOptions? texts = null)
            => Assert.Throws<ArgumentException>(() => Run(new ToyTexts(20), model, texts: texts)).Message;
    }

    [Theory]
    [InlineData(BackpropagationMode.StoreActivations)]
    [InlineData(BackpropagationMode.Checkpointed)]
    public void All_modes_train_the_same_weights(BackpropagationMode mode)
    {
        var model = ToyTexts.Tiny with { Dropout = 0.1 };
        using var rebuilt = Run(new ToyTexts(40), model, texts: ToyTexts.Words with { TokenDropout = 0.2 });
        using var other = Run(new ToyTexts(40), model with { Stack = model.Stack with { Mode = mode } },
            texts: ToyTexts.Words with { TokenDropout = 0.2 });

        Assert.Equal(Weights.Bytes(rebuilt.Model), Weights.Bytes(other.Model));
    }
}
