using Bdia.Core.Training;
using CsCheck;

namespace Bdia.Core.Tests.Training;

/// <summary>Which epoch is kept, by histories whose figures are given.</summary>
public sealed class EpochChoiceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-choice-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly TrainingOptions Options = new() { LearningRate = 0.02, Seed = 5 };

    private sealed class Interrupted : Exception;

    private static ValidationResult Of(int right, int rows, double loss) => new(loss, rows, (double)right / rows);

    private static (TrainingResult Result, List<byte[]> Epochs, byte[] Kept, Notes Notes) Run(ValidationResult[] epochs,
        TrainingOptions? options = null, Action<TrainingProgress>? progress = null)
    {
        var (weights, notes) = (new List<byte[]>(), new Notes());
        ToyTask? task = null;
        task = new ToyTask { OnValidate = (epoch, _) => { weights.Add(Weights.Bytes(task!.Net)); return epochs[epoch - 1]; } };
        using var net = task.Net;
        var result = task.Train((options ?? Options) with { Epochs = epochs.Length }, new ToySource(64, 16, 5), progress, notes: notes);
        return (result, weights, Weights.Bytes(net), notes);
    }

    [Fact]
    public void An_early_epoch_that_is_two_rows_ahead_gives_way_to_a_later_one_of_less_loss()
    {
        var run = Run([Of(360, 480, 0.8), Of(374, 480, 0.76), Of(370, 480, 0.75), Of(372, 480, 0.74)]);

        Assert.Equal((4, 372 / 480.0), (run.Result.BestEpoch, run.Result.BestValidation!.Accuracy));
        Assert.Equal(run.Epochs[3], run.Kept);
        Assert.Equal("Epoch 2 had the highest accuracy, 77.92 % of 480, ahead of epoch 4 (77.50 %) by no more than the standard error of "
            + "the difference, 2.7 points; that one is later and has no higher loss, and is kept.", Assert.Single(run.Notes.All).Text);
    }

    [Theory]
    [InlineData(13, 0.75, 3)] // 13 of 480 rows are 2.7 points: within the error
    [InlineData(14, 0.75, 2)] // 14 are not
    [InlineData(0, 0.76, 3)] // neither figure is ahead: the later
    [InlineData(0, 0.77, 2)]
    [InlineData(1, 0.77, 2)] // both figures say that it is worse: rows are being learned by heart
    [InlineData(-1, 0.9, 3)] // ahead is ahead
    public void A_later_epoch_is_kept_if_it_is_ahead_or_behind_by_chance_with_no_more_loss(int behind, double loss, int kept)
    {
        var run = Run([Of(300, 480, 1), Of(374, 480, 0.76), Of(374 - behind, 480, loss)]);
        Assert.Equal(kept, run.Result.BestEpoch);
        Assert.Equal(run.Epochs[kept - 1], run.Kept);
        Assert.Equal(kept == 3 && behind > 0, run.Notes.All.Count > 0);
    }

    [Fact]
    public void Many_small_steps_down_do_not_add_up()
    {
        var down = Enumerable.Range(0, 30).Select(i => Of(400 - 5 * i, 500, 0.5 - 0.001 * i)).ToArray();
        var error = EpochChoice.ErrorOfDifference(down[0], down[2]);
        Assert.InRange(error, 0.025, 0.027); // two steps of a point are within it, three are not
        Assert.Equal(3, Run(down).Result.BestEpoch);
    }

    [Fact]
    public void Early_stopping_counts_from_the_highest_figure_as_before()
    {
        var options = Options with { EarlyStoppingPatience = 2 };
        var run = Run([Of(370, 480, 0.8), Of(374, 480, 0.76), Of(373, 480, 0.75), Of(374, 480, 0.74), Of(400, 480, 0.1)], options);
        Assert.Equal((StopReason.EarlyStopping, 4, 4), (run.Result.StopReason, run.Result.History.Count, run.Result.BestEpoch!.Value));
    }

    [Theory]
    [InlineData(ModelSelection.Loss)]
    [InlineData(ModelSelection.Score)]
    public void Losses_and_scores_are_compared_as_they_are(ModelSelection by)
        => Gen.Select(Gen.Int[0, 4], Gen.Int[0, 480], Gen.Int[0, 4]).Array[2, 12].Sample(figures =>
    {
        ValidationResult? best = null;
        foreach (var (loss, right, score) in figures)
        {
            var next = Of(right, 480, loss) with { Score = score };
            var isAhead = best is null || (by == ModelSelection.Loss ? loss < best.Loss
                : score > best.Score || (score == best.Score && loss < best.Loss));
            Assert.True(best is null || isAhead == EpochChoice.TakesItsPlace(next, best, best, by));
            if (isAhead) best = next;
        }
    });

    [Fact]
    public void What_is_kept_is_never_behind_the_highest_by_more_than_the_error()
        => Gen.Select(Gen.Int[2, 50], Gen.Int[0, 50], Gen.Double[0, 1]).Array[1, 40].Sample(epochs =>
    {
        var state = new RunState();
        using var best = new BestModel(Options, state);
        using var task = new ToyModule(1);
        double highest = 0;
        for (var i = 0; i < epochs.Length; i++)
        {
            var validation = Of(Math.Min(epochs[i].Item1, epochs[i].Item2), epochs[i].Item1, epochs[i].Item3);
            var before = state.BestValidation;
            best.Offer(i + 1, validation, task);
            highest = Math.Max(highest, validation.Accuracy!.Value);
            var shown = state.Highest?.Validation ?? state.BestValidation!;
            Assert.Equal(highest, shown.Accuracy);
            Assert.True(highest - state.BestValidation!.Accuracy <= EpochChoice.ErrorOfDifference(state.BestValidation, shown));
            Assert.True(ReferenceEquals(before, state.BestValidation) || validation.Accuracy == highest
                || validation.Loss <= before!.Loss);
            Assert.True(state.Highest is null || state.Highest.Epoch < state.BestEpoch);
        }
    }, iter: 200);

    [Fact]
    public void A_run_stopped_after_any_epoch_and_resumed_keeps_the_same_epoch()
    {
        // Epoch 2 is the highest; 3 and 5 take its place, 4 is behind it by more than the error, though not behind 3, which is kept.
        ValidationResult[] epochs = [Of(350, 480, 0.8), Of(380, 480, 0.76), Of(370, 480, 0.75), Of(364, 480, 0.7), Of(369, 480, 0.74),
            Of(379, 480, 0.9)];
        var whole = Run(epochs);
        Assert.Equal(5, whole.Result.BestEpoch);
        for (var stop = 1; stop < epochs.Length; stop++)
        {
            foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
            var resuming = Options with { CheckpointDirectory = folder, Resume = true };
            Assert.Throws<Interrupted>(() => Run(epochs, resuming, p =>
            {
                if (p.CompletedEpoch?.Epoch == stop) throw new Interrupted();
            }));
            var resumed = Run(epochs, resuming);
            Assert.Equal((whole.Result.BestEpoch, whole.Result.BestValidation), (resumed.Result.BestEpoch, resumed.Result.BestValidation));
            Assert.Equal(whole.Kept, resumed.Kept);
            Assert.Equal(whole.Notes.All[^1].Text, resumed.Notes.All[^1].Text);
        }
    }

    [Fact]
    public void A_checkpoint_whose_highest_epoch_no_run_can_have_is_refused()
    {
        var state = new RunState { Epoch = 2, History = [null!, null!], BestEpoch = 2, BestValidation = Of(1, 2, 1) };
        state.Highest = new(1, Of(2, 2, 1));
        state.RequireSound();
        foreach (var epoch in new[] { 0, 2, 3 })
        {
            state.Highest = new(epoch, Of(2, 2, 1));
            Assert.Throws<InvalidDataException>(state.RequireSound);
        }
    }
}
