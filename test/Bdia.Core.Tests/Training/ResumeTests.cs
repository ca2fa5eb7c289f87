using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

/// <summary>What a run that goes on from a checkpoint may have otherwise, and what it says.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-resume-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private TrainingOptions Options => new() { Epochs = 4, LearningRate = 0.02, Seed = 5, CheckpointDirectory = folder, Resume = true };

    private static ToyTask NewTask(Dictionary<string, string>? identity = null, Func<ToyTask,
        ValidationResult>? judge = null, bool validates = true)
    {
        ToyTask? task = null;
        return task = new ToyTask
        {
            OnValidate = validates ? (_, _) => judge?.Invoke(task!) ?? task!.Unseen() : null,
            Identity = identity ?? new() { ["TrainingData.Rows"] = "70" },
            Adjustable = ["ValidationData", "Network.Dropout"],
            Judgement = ["ValidationData"],
        };
    }

    private static (TrainingResult Result, byte[] Weights, List<TrainingNote> Notes) Run(TrainingOptions options, ToyTask? task = null)
    {
        task ??= NewTask();
        using var net = task.Net;
        var notes = new Notes();
        var result = task.Train(options, new ToySource(70, 16, 5), notes: notes);
        return (result, Weights.Bytes(net), notes.All);
    }

    [Fact]
    public void A_longer_run_goes_on_where_the_shorter_ended()
    {
        Run(Options);

        var longer = Run(Options with { Epochs = 7 });

        Assert.Equal(20, longer.Result.ResumedAtStep);
        Assert.Equal(7, longer.Result.History.Count);
        Assert.Equal(new LearningRate(Options with { Epochs = 7 }, 35).At(34), longer.Result.History[^1].LearningRate);
        Assert.Contains("Going on from checkpoint-0000000020.safetensors: 4 epochs and 20 steps are done",
            longer.Notes[0].Text, StringComparison.Ordinal);
        Assert.Contains("Epochs is 4 in the checkpoint and 7 here", longer.Notes[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_epochs_than_are_done_are_refused_and_as_many_end_at_once()
    {
        Run(Options);

        Assert.Contains("Epochs is 3, but checkpoint-0000000020.safetensors", Refusal(Options with { Epochs = 3 }),
            StringComparison.Ordinal);
        Assert.Equal(20, Run(Options).Result.Steps);
    }

    public static TheoryData<string, Func<TrainingOptions, TrainingOptions>> Changes => new()
    {
        { "LearningRate is 0.02 in the checkpoint and 0.01 here", options => options with { LearningRate = 0.01 } },
        { "LearningRateSchedule is Cosine in the checkpoint and Constant here",
            options => options with { LearningRateSchedule = LearningRateSchedule.Constant } },
        { "WarmupFraction", options => options with { WarmupFraction = 0.5 } },
        { "WarmupSteps", options => options with { WarmupSteps = 3 } },
        { "FinalLearningRateFraction", options => options with { FinalLearningRateFraction = 0.5 } },
        { "ClipNorm", options => options with { ClipNorm = 0.1 } },
        { "WeightDecay", options => options with { WeightDecay = 0 } },
        { "Beta1", options => options with { Beta1 = 0.8 } },
        { "Beta2", options => options with { Beta2 = 0.9 } },
        { "Epsilon", options => options with { Epsilon = 1e-6 } },
        { "LabelSmoothing", options => options with { LabelSmoothing = 0.1 } },
        { "ValidateEveryEpochs", options => options with { ValidateEveryEpochs = 2 } },
        { "EarlyStoppingPatience", options => options with { EarlyStoppingPatience = 50 } },
        { "EarlyStoppingMinDelta", options => options with { EarlyStoppingMinDelta = 1e-3 } },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_the_steps_to_come_alone_depend_on_may_change_and_is_told(string told, Func<TrainingOptions, TrainingOptions> change)
    {
        Run(Options);

        var (result, _, notes) = Run(change(Options with { Epochs = 6 }));

        Assert.Equal((20, 30), (result.ResumedAtStep, result.Steps));
        Assert.Contains(told, notes[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_says_how_or_how_long_may_change_without_a_word()
    {
        Run(Options);

        var notes = Run(Options with { CheckpointEverySteps = 7, TimeBudget = TimeSpan.FromHours(1),
            TrainingMemoryBytes = 1L << 40, OnDivergence = DivergencePolicy.ReturnBest }).Notes;

        Assert.EndsWith(".", Assert.Single(notes).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Not as", notes[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_seed_batch_size_or_training_data_is_refused_by_name_with_what_may_change()
    {
        Run(Options);

        Assert.Contains("Seed is 5 in the checkpoint and 6 here", Refusal(Options with { Seed = 6 }), StringComparison.Ordinal);
        Assert.Contains("BatchSize is 128 in the checkpoint and 64 here", Refusal(Options with { BatchSize = 64 }),
            StringComparison.Ordinal);
        Assert.Contains("AccumulationSteps is 1 in the checkpoint and 2 here", Refusal(Options with { AccumulationSteps = 2 }),
            StringComparison.Ordinal);
        Assert.Contains("BestBy", Refusal(Options with { BestBy = ModelSelection.Loss }), StringComparison.Ordinal);
        var message = Refusal(Options, NewTask(new() { ["TrainingData.Rows"] = "71" }));
        Assert.Contains("the training data have 71 usable rows here and 70 in the checkpoint", message, StringComparison.Ordinal);
        Assert.Contains("What may change when a run is resumed", message, StringComparison.Ordinal);
        Assert.DoesNotContain("TrainingOptions", Refusal(Options with { Seed = 6 }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_task_declares_adjustable_may_change_with_its_parts()
    {
        Run(Options, NewTask(new() { ["TrainingData.Rows"] = "70", ["Network.Dropout"] = "0" }));

        var notes = Run(Options with { Epochs = 5 }, NewTask(new() { ["TrainingData.Rows"] = "70", ["Network.Dropout"] = "0.1" })).Notes;

        Assert.Contains("Dropout is 0 in the checkpoint and 0.1 here", notes[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_only_one_version_knows_is_told_as_a_warning()
    {
        Run(Options, NewTask(new() { ["TrainingData.Rows"] = "70" }));

        var note = Run(Options with { Epochs = 5 }, NewTask(new() { ["TrainingData.Rows"] = "70", ["Network.New"] = "1" })).Notes[0];

        Assert.True(note.IsWarning);
        Assert.Contains("New is not stated in the checkpoint and 1 here", note.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void With_other_validation_data_the_best_so_far_is_judged_by_it()
    {
        Run(Options, NewTask(new() { ["TrainingData.Rows"] = "70", ["ValidationData.SHA-256"] = "old" },
            _ => new ValidationResult(0.001, 50, 1)));

        var resumed = Run(Options with { Epochs = 5 }, NewTask(new() { ["TrainingData.Rows"] = "70", ["ValidationData.SHA-256"] = "new" }));

        var whole = Run(Options with { Epochs = 5, CheckpointDirectory = null, Resume = false });
        Assert.True(resumed.Result.BestValidation!.Accuracy < 1);
        Assert.Contains(resumed.Notes, note => note.Text.Contains("judged anew", StringComparison.Ordinal));
        Assert.True(resumed.Result.BestValidation.Accuracy <= whole.Result.History.Max(epoch => epoch.Validation!.Accuracy));
    }

    [Fact]
    public void Without_validation_from_there_on_the_last_weights_are_kept()
    {
        Run(Options, NewTask(new() { ["TrainingData.Rows"] = "70", ["ValidationData.Rows"] = "50" }));

        var resumed = Run(Options with { Epochs = 5 },
            NewTask(new() { ["TrainingData.Rows"] = "70", ["ValidationData.Rows"] = "0" }, validates: false));

        Assert.Null(resumed.Result.BestEpoch);
        Assert.Null(resumed.Result.BestValidation);
    }

    [Fact]
    public void Where_there_is_nothing_to_go_on_from_the_run_says_so_and_begins()
    {
        var (result, _, notes) = Run(Options);

        Assert.Equal(0, result.ResumedAtStep);
        Assert.Equal($"Resume is set, but {folder} holds no checkpoint: training begins at the beginning.", Assert.Single(notes).Text);
        Assert.Empty(Run(Options with { CheckpointDirectory = null, Resume = false }).Notes);
    }

    [Fact]
    public void The_seed_of_a_checkpoint_can_be_asked_for_before_the_run()
    {
        Assert.Null(TrainingCheckpoint.SeedIn(Path.Combine(folder, "missing")));
        Assert.Null(TrainingCheckpoint.SeedIn(folder));

        Run(Options with { Seed = ulong.MaxValue });

        Assert.Equal(ulong.MaxValue, TrainingCheckpoint.SeedIn(folder));
        File.WriteAllText(Path.Combine(folder, "checkpoint-9999999999.safetensors"), "no checkpoint");
        Assert.Contains("Delete that file", Assert.Throws<CheckpointException>(() => TrainingCheckpoint.SeedIn(folder)).Message,
            StringComparison.Ordinal);
    }

    private static string Refusal(TrainingOptions options, ToyTask? task = null)
        => Assert.Throws<CheckpointException>(() => Run(options, task)).Message;
}
