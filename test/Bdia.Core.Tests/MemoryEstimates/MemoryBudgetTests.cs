using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;
using CsCheck;

namespace Bdia.Core.Tests.MemoryEstimates;

public sealed class MemoryBudgetTests
{
    private static readonly VisionTransformerOptions Tiny = ImageClassifierTrainingTests.Tiny;

    [Fact]
    public void The_largest_batch_that_divides_the_asked_one_and_fits_is_taken_with_the_same_rows_in_a_step()
        => Gen.Select(MemoryEstimateTests.Pictures, Gen.Int[1, 300], Gen.Int[1, 4], Gen.Int[1, 300])
            .Sample((model, batch, accumulation, enough) =>
        {
            var asked = new TrainingOptions { BatchSize = batch, AccumulationSteps = accumulation, Optimizer = OptimizerKind.AdamW,
                TrainingMemoryBytes = MemoryEstimateTests.Of(model, enough).Total };
            var chosen = MemoryBudget.Fit(model, asked);

            Assert.Equal(batch * accumulation, chosen.BatchSize * chosen.AccumulationSteps);
            var largest = Enumerable.Range(1, batch).Last(rows => batch % rows == 0 && rows <= enough);
            Assert.Equal(asked with { BatchSize = largest, AccumulationSteps = accumulation * (batch / largest) }, chosen);
            Assert.Equal(chosen, MemoryBudget.Fit(model, chosen));
        });

    [Fact]
    public void A_run_that_is_shared_has_batches_of_parts_and_sums_that_wait_and_the_same_batches_for_any_number_of_ranks()
    {
        var model = new VisionTransformerOptions();
        var training = new TrainingOptions { BatchSize = 64, Distributed = new() { Parts = 8 } };
        var part = MemoryEstimate.ForImages(model, new TrainingOptions { BatchSize = 8 });

        Assert.Equal(part with { Gradients = 4 * part.Gradients }, MemoryEstimate.ForImages(model, training)); // 8 parts, 3 levels
        var ranks = InProcessRanks.Create(8);
        var shared = training with { Distributed = new() { Parts = 8, Ranks = ranks[5] } };
        Assert.Equal(part, MemoryEstimate.ForImages(model, shared));

        var budget = MemoryEstimate.ForImages(model, training).Total - 1;
        var (alone, one) = (MemoryBudget.Fit(model, training with { TrainingMemoryBytes = budget }),
            MemoryBudget.Fit(model, shared with { TrainingMemoryBytes = budget }));
        Assert.Equal((4, 16), (alone.BatchSize, alone.AccumulationSteps));
        Assert.Equal((4, 16), (one.BatchSize, one.AccumulationSteps));
    }

    [Fact]
    public void Of_a_text_encoder_the_longest_row_decides()
        => Gen.Select(MemoryEstimateTests.Classified, Gen.Int[1, 300], Gen.Int[1, 300]).Sample((model, batch, enough) =>
        {
            var asked = new TrainingOptions { BatchSize = batch, TrainingMemoryBytes = MemoryEstimateTests.Of(model, enough).Total };
            var largest = Enumerable.Range(1, batch).Last(rows => batch % rows == 0 && rows <= enough);
            Assert.Equal(asked with { BatchSize = largest, AccumulationSteps = batch / largest },
                MemoryBudget.Fit(model, asked, tokens: 3));
            Assert.Contains("even one row of 3 tokens at a time takes", Assert.Throws<ArgumentException>(
                () => MemoryBudget.Fit(model, asked with { TrainingMemoryBytes = 1000 }, 3)).Message, StringComparison.Ordinal);
        });

    [Fact]
    public void What_is_left_of_a_budget_keeps_as_many_blocks_as_fit()
        => Gen.Select(MemoryEstimateTests.Pictures, MemoryEstimateTests.Classified, Gen.Int[1, 9], Gen.Int[0, 5], Gen.Int[0, 4])
            .Sample((pictures, texts, batch, room, asked) =>
        {
            // asked 0: left open; else given, and then left alone
            int? given = asked == 0 ? null : asked - 1;
            (pictures, texts) = (pictures with { Stack = pictures.Stack with { KeptBlocks = given } },
                texts with { Stack = texts.Stack with { KeptBlocks = given } });
            var training = new TrainingOptions { BatchSize = batch, Optimizer = OptimizerKind.AdamW };
            AssertKept(pictures.Stack, pictures.Depth, budget => MemoryBudget.Keep(pictures, budget).Stack,
                stack => MemoryEstimate.ForImages(pictures with { Stack = stack }, training).Total);
            AssertKept(texts.Stack, texts.Depth, budget => MemoryBudget.Keep(texts, budget, 3).Stack,
                stack => MemoryEstimate.ForTexts(texts with { Stack = stack }, training, 3).Total);

            void AssertKept(BdiaStackOptions stack, int depth, Func<TrainingOptions, BdiaStackOptions> keep,
                Func<BdiaStackOptions, long> total)
            {
                Assert.Equal(stack, keep(training));
                var budget = total(stack with { KeptBlocks = room });
                var chosen = keep(training with { TrainingMemoryBytes = budget });
                if (given is not null || stack.Mode != BackpropagationMode.Reversible)
                {
                    Assert.Equal(stack, chosen);
                    return;
                }

                Assert.True(total(chosen) <= budget);
                Assert.True((chosen.KeptBlocks ?? 0) >= Math.Min(room, depth));
                for (var more = (chosen.KeptBlocks ?? 0) + 1; more <= depth; more++)
                    Assert.True(total(stack with { KeptBlocks = more }) > budget);
            }
        });

    [Fact]
    public void A_run_with_room_keeps_blocks_and_gives_the_same_bits()
    {
        var training = new TrainingOptions { Epochs = 2, BatchSize = 12, Seed = 7, Optimizer = OptimizerKind.AdamW };
        using var without = Run(training);
        using var within = Run(training with { TrainingMemoryBytes = 1L << 30 });

        Assert.Equal(Tiny.Depth, within.Model.Options.Stack.KeptBlocks);
        Assert.Null(without.Model.Options.Stack.KeptBlocks);
        Assert.Equal(Weights.Bytes(without.Model), Weights.Bytes(within.Model));
    }

    [Fact]
    public void Without_a_budget_or_within_it_nothing_changes()
    {
        Assert.Equal(new TrainingOptions(), MemoryBudget.Fit(Tiny, new()));
        var plenty = new TrainingOptions { TrainingMemoryBytes = 1L << 40 };
        Assert.Equal(plenty, MemoryBudget.Fit(Tiny, plenty));
    }

    [Theory]
    [InlineData(BackpropagationMode.Reversible, false)]
    [InlineData(BackpropagationMode.StoreActivations, true)]
    public void A_budget_too_small_for_one_row_is_refused_with_what_it_takes(BackpropagationMode mode, bool offersReversible)
    {
        var error = Assert.Throws<ArgumentException>(
            () => MemoryBudget.Fit(Tiny with { Stack = new() { Mode = mode } }, new() { TrainingMemoryBytes = 3 << 20 }));

        Assert.StartsWith("TrainingMemoryBytes is 3145728 (3 MiB), but even one image at a time takes ",
            error.Message, StringComparison.Ordinal);
        Assert.Contains("(weights 0, ", error.Message, StringComparison.Ordinal);
        Assert.Equal(offersReversible, error.Message.Contains("the mode Reversible", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_budget_of_nothing_is_out_of_range(long bytes)
        => Assert.Contains($"TrainingMemoryBytes is {bytes}",
            Assert.Throws<ArgumentException>(() => new TrainingOptions { TrainingMemoryBytes = bytes }.Validate()).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_run_within_a_budget_takes_the_steps_of_one_without()
    {
        var training = new TrainingOptions { Epochs = 2, BatchSize = 12, Seed = 7, Optimizer = OptimizerKind.AdamW };
        var budget = MemoryEstimateTests.Of(Tiny, 5).Total; // 3 batches of 4
        using var without = Run(training);
        using var within = Run(training with { TrainingMemoryBytes = budget });
        using var likewise = Run(training with { BatchSize = 4, AccumulationSteps = 3 });

        Assert.Equal(without.Result!.Steps, within.Result!.Steps);
        Assert.Equal(Weights.Bytes(likewise.Model), Weights.Bytes(within.Model));
        Assert.NotEqual(Weights.Bytes(without.Model), Weights.Bytes(within.Model)); // other signs of gamma, other rounding
    }

    [Fact]
    public void A_checkpoint_knows_the_batches_that_were_chosen_and_not_the_budget()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var training = new TrainingOptions { Epochs = 2, BatchSize = 12, Seed = 7, Optimizer = OptimizerKind.AdamW,
                CheckpointDirectory = folder.FullName,
                TrainingMemoryBytes = MemoryEstimateTests.Of(Tiny, 5).Total };
            using var first = Run(training);
            var again = training with { Resume = true };

            using var resumed = Run(again with { TrainingMemoryBytes = training.TrainingMemoryBytes + 1 });
            Assert.Equal(Weights.Bytes(first.Model), Weights.Bytes(resumed.Model));
            var error = Assert.Throws<CheckpointException>(() => Run(again with { TrainingMemoryBytes = null }));
            Assert.Contains("BatchSize is 4 in the checkpoint and 12 here", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static ImageClassifier Run(TrainingOptions training)
        => ImageClassifierTraining.Run(Tiny, training, new(), new ToyImages(40), cancellation: TestContext.Current.CancellationToken);
}
