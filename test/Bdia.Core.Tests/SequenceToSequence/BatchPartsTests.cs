using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;

namespace Bdia.Core.Tests.SequenceToSequence;

/// <summary>Batches of text that are cut into parts to fit a memory budget.</summary>
public sealed class BatchPartsTests
{
    private static readonly EncoderDecoderOptions Model =
        TranslatorTrainingTests.Tiny with { SourceVocabulary = 500, TargetVocabulary = 500 };

    [Fact]
    public void A_step_takes_the_rows_of_the_batch_that_was_cut()
        => Gen.Select(Gen.Int[1, 150], Gen.Int[2, 30], Gen.Int[1, 300], Gen.Int[1, 6], Gen.ULong)
            .Sample((count, longest, tokens, parts, seed) =>
        {
            var rows = Rows(count, longest, seed);
            var (whole, cut) = (new TokenBatchPlan(rows, tokens), new TokenBatchPlan(rows, tokens, parts));
            for (var epoch = 0; epoch < 8; epoch++)
            {
                var batches = cut.Shuffled(epoch, seed);
                Assert.Equal(cut.BatchCount(epoch), batches.Count);
                Assert.Equal(Enumerable.Range(0, count), batches.SelectMany(part => part.Rows).Order());
                var large = whole.Shuffled(epoch, seed).Where(batch => batch.Rows.Count >= parts)
                    .Select(batch => batch.Rows.ToArray()).ToArray();
                Assert.Equal(large, batches.Take(large.Length * parts).Chunk(parts)
                    .Select(step => step.SelectMany(part => part.Rows).ToArray()));
                foreach (var step in batches.Take(large.Length * parts).Chunk(parts))
                {
                    Assert.InRange(step.Max(part => part.Rows.Count) - step.Min(part => part.Rows.Count), 0, 1);
                    Assert.All(step, part => Assert.Equal(step.SelectMany(other => other.Rows), part.Batch));
                }

                Assert.All(batches.Skip(large.Length * parts), part => Assert.Single(part.Rows));
            }
        }, iter: 100);

    [Fact]
    public void A_row_of_a_part_is_padded_and_drops_out_as_in_the_whole()
    {
        using var scope = torch.NewDisposeScope();
        var rows = new SequenceRows(500, 500);
        for (var row = 0; row < 12; row++) rows.Add([.. Enumerable.Range(5, 1 + row % 5)], [.. Enumerable.Range(9, 3 + row % 4)]);
        using var model = new EncoderDecoder(Model with { Dropout = 0.3, Stack = new() { Gamma = GammaSchedule.Exponent(1) } }, 1);
        model.train();
        var whole = States(new TokenBatchPlan(rows, 10_000).Shuffled(0, 1).Single(), 0);
        foreach (var parts in new[] { 2, 3, 5 })
        {
            var first = 0;
            foreach (var part in new TokenBatchPlan(rows, 10_000, parts).Shuffled(0, 1))
            {
                // Products over other rows round at other places, which may move a state by a step of the grid, 1/512, in either stack.
                var states = States(part, first);
                Assert.InRange((states - whole.narrow(0, first, part.Rows.Count)).abs().max().item<float>(), 0, 0.05f);
                first += part.Rows.Count;
            }
        }

        torch.Tensor States(BatchPart part, int firstRow)
        {
            using var batch = TokenBatchWriter.Write(rows, part.Rows, part.Batch);
            model.Clock.FirstRow = firstRow;
            return model.Decode(batch.Target, model.Encode(batch.Source), batch.Source);
        }
    }

    [Fact]
    public void The_fewest_parts_are_taken_with_which_every_batch_fits()
        => Gen.Select(Gen.Int[1, 60], Gen.Int[1, 30], Gen.Int[1, 30], Gen.Int[1, 60]).Array[1, 5].Select(Gen.Int[1, 60])
            .Sample((batches, enough) =>
        {
            var shapes = batches.Select(batch => (batch.Item1, batch.Item2, batch.Item3)).ToArray();
            var budget = MemoryEstimate.ForTexts(Model, enough, 30, 30).Total; // any batch of so many rows fits, and perhaps some of more
            var parts = BatchParts.Fewest(Model, new() { TrainingMemoryBytes = budget }, 1, shapes);

            Assert.InRange(BatchParts.Largest(Model, new(), 1, shapes, parts).Total, 0, budget);
            if (parts > 1) Assert.True(BatchParts.Largest(Model, new(), 1, shapes, parts - 1).Total > budget);
            Assert.Equal(1, BatchParts.Fewest(Model, new(), 1, shapes));
        });

    [Fact]
    public void A_budget_too_small_for_one_pair_is_refused_with_what_it_takes()
    {
        var error = Assert.Throws<ArgumentException>(
            () => BatchParts.Fewest(Model, new() { TrainingMemoryBytes = 1 << 20 }, 1, [(4, 7, 9)]));

        Assert.StartsWith("TrainingMemoryBytes is 1048576 (1 MiB), but even one pair of 7 and 9 tokens at a time takes ",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_within_a_budget_takes_as_many_steps_and_says_so()
    {
        var notes = new Notes();
        using var without = Run(TranslatorTrainingTests.Short, notes);
        Assert.Contains(notes.All, note => note.StartsWith("Training is estimated to take ", StringComparison.Ordinal)
            && note.EndsWith("without it.", StringComparison.Ordinal));

        var training = TranslatorTrainingTests.Short with { TrainingMemoryBytes = MemoryEstimate.ForTexts(without.Model.Options,
            8, 6, 6).Total };
        using var within = Run(training, notes);
        using var again = Run(training, notes);
        Assert.Contains(notes.All, note => note.Contains("batches are cut into ", StringComparison.Ordinal));
        Assert.InRange(within.Result!.Steps, without.Result!.Steps - training.Epochs, without.Result.Steps);
        Assert.Equal(Weights.Bytes(within.Model), Weights.Bytes(again.Model));
        Assert.NotEqual(Weights.Bytes(within.Model), Weights.Bytes(without.Model));
    }

    [Fact]
    public void A_checkpoint_knows_into_how_many_parts_batches_were_cut()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            using var some = Run(TranslatorTrainingTests.Short with { Epochs = 1 }, new());
            var training = TranslatorTrainingTests.Short with { CheckpointDirectory = folder.FullName,
                TrainingMemoryBytes = MemoryEstimate.ForTexts(some.Model.Options, 8, 6, 6).Total };
            using var first = Run(training, new());

            using var resumed = Run(training with { Resume = true }, new());
            Assert.Equal(Weights.Bytes(first.Model), Weights.Bytes(resumed.Model));
            var error = Assert.Throws<CheckpointException>(() => Run(training with { Resume = true, TrainingMemoryBytes = null }, new()));
            Assert.Contains("Parts is ", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Before_training_the_largest_batch_of_long_texts_is_told()
    {
        var sequences = TranslatorTrainingTests.Words with { TokensPerBatch = 1000, MaxTokens = 100,
            AverageEpochs = 3, SourceTokenizer = new AlphabetTokenizer("abc"), TargetTokenizer = new AlphabetTokenizer("abcde") };
        var model = TranslatorTrainingTests.Tiny with { ShareEmbeddings = false };
        var sized = model with { SourceVocabulary = SpecialTokens.Count + 3, TargetVocabulary = SpecialTokens.Count + 5 };

        Assert.Equal(MemoryEstimate.ForTexts(sized, 10, 100, 100, 4), Estimate());
        Assert.Equal(MemoryEstimate.ForTexts(sized, 125, 8, 8, 4), Estimate(8));
        Assert.Equal(MemoryEstimate.ForTexts(sized, 5, 100, 100, 4), TranslatorTraining.EstimateMemory(
            model, new() { TrainingMemoryBytes = MemoryEstimate.ForTexts(sized, 6, 100, 100, 4).Total }, sequences)); // 10 rows in 2 parts
        Assert.Throws<ArgumentOutOfRangeException>(() => Estimate(0));

        MemoryEstimate Estimate(int? tokens = null) => TranslatorTraining.EstimateMemory(model, new(), sequences, tokens);
    }

    private static Translator Run(TrainingOptions training, Notes notes)
        => TranslatorTraining.Run(TranslatorTrainingTests.Tiny, training, TranslatorTrainingTests.Words,
            Toy.Pairs(200), notes: notes, cancellation: TestContext.Current.CancellationToken);

    private static SequenceRows Rows(int count, int longest, ulong seed)
    {
        var random = RandomSequence.At(seed);
        var rows = new SequenceRows(100, 100);
        for (var row = 0; row < count; row++) rows.Add(new int[1 + random.Next(longest)], new int[1 + random.Next(longest)]);
        return rows;
    }
}
