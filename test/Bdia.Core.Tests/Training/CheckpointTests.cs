using Bdia.Core.Formats;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public sealed class CheckpointTests : IDisposable
{
    private static readonly TrainingOptions Options =
        new() { Epochs = 4, LearningRate = 0.02, Seed = 5, AccumulationSteps = 2, CheckpointEverySteps = 1 };
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private TrainingOptions Resuming => Options with { CheckpointDirectory = folder, Resume = true };

    private string[] Files => [.. Directory.GetFiles(folder, "checkpoint-*").Order(StringComparer.Ordinal)];

    private static ToyTask NewTask(string rows = "70")
    {
        ToyTask? task = null;
        return task = new ToyTask { OnValidate = (_, _) => task!.Unseen(), Identity = new Dictionary<string, string> { ["Rows"] = rows } };
    }

    private static (TrainingResult Result, byte[] Weights) Run(TrainingOptions options, Action<TrainingProgress>? progress = null,
        ToyTask? task = null)
    {
        task ??= NewTask();
        using var net = task.Net;
        var result = task.Train(options, new ToySource(70, 16, 5), progress);
        return (result, Weights.Bytes(net));
    }

    private sealed class Interrupted : Exception;

    [Fact]
    public void A_run_stopped_after_any_step_and_resumed_ends_with_the_same_bits_and_history()
    {
        var options = Options with { EarlyStoppingPatience = 2, BestBy = ModelSelection.Loss, Epochs = 5 };
        var whole = Run(options);
        for (var step = 1; step <= whole.Result.Steps; step++)
        {
            Clear();
            var resuming = options with { CheckpointDirectory = folder, Resume = true };
            Assert.Throws<Interrupted>(() => Run(resuming, p => { if (p.Step == step) throw new Interrupted(); }));
            var resumed = Run(resuming);

            Assert.Equal(whole.Weights, resumed.Weights);
            Assert.Equal(whole.Result.StopReason, resumed.Result.StopReason);
            Assert.Equal(whole.Result.BestEpoch, resumed.Result.BestEpoch);
            Assert.Equal(whole.Result.History.Select(Figures), resumed.Result.History.Select(Figures));
            Assert.Equal(step, resumed.Result.ResumedAtStep);
        }

        static object Figures(EpochResult epoch)
            => (epoch.Epoch, epoch.TrainingLoss, epoch.TrainingAccuracy, epoch.LearningRate, epoch.Validation);
    }

    [Fact]
    public void Steps_after_the_newest_checkpoint_are_done_again_alike()
    {
        var options = Resuming with { CheckpointEverySteps = 4, CheckpointEveryEpochs = 0 };
        Assert.Throws<Interrupted>(() => Run(options, p => { if (p.Step == 7) throw new Interrupted(); }));
        var resumed = Run(options);
        Assert.Equal(4, resumed.Result.ResumedAtStep);
        Assert.Equal(Run(Options).Weights, resumed.Weights);
    }

    [Fact]
    public void A_failed_validation_is_done_again_after_the_step_that_was_saved()
    {
        var task = new ToyTask { OnValidate = (_, _) => throw new Interrupted(), Identity = NewTask().Identity };
        Assert.Throws<Interrupted>(() => Run(Resuming, task: task));
        var resumed = Run(Resuming);
        Assert.Equal(3, resumed.Result.ResumedAtStep); // 5 batches in groups of 2: the epoch's last step
        Assert.Equal(Run(Options).Weights, resumed.Weights);
    }

    [Fact]
    public void A_cancelled_run_goes_on_where_it_was_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var options = Resuming with { CheckpointEverySteps = 0 };
        var task = NewTask();
        using (task.Net)
        {
            var result = task.Train(options, new ToySource(70, 16, 5), p => { if (p.Step == 5) cancel.Cancel(); }, cancel: cancel);
            Assert.Equal(StopReason.Cancelled, result.StopReason);
        }

        var resumed = Run(options);
        Assert.Equal(5, resumed.Result.ResumedAtStep);
        Assert.Equal(Run(Options).Weights, resumed.Weights);
    }

    [Fact]
    public void A_finished_run_resumes_to_its_result_without_a_step()
    {
        var first = Run(Resuming);
        var again = Run(Resuming, _ => Assert.Fail("a step was made"));
        Assert.Equal(first.Weights, again.Weights);
        Assert.Equal(first.Result.History, again.Result.History);
        Assert.Equal(StopReason.Completed, again.Result.StopReason);
    }

    [Fact]
    public void The_two_newest_checkpoints_are_kept_and_nothing_half_written()
    {
        Run(Resuming);
        Assert.Equal(["checkpoint-0000000011.safetensors", "checkpoint-0000000012.safetensors"], Files.Select(Path.GetFileName));
        Assert.Equal(["in-use.lock"], Directory.GetFiles(folder).Except(Files).Select(Path.GetFileName));
    }

    [Fact]
    public void What_a_killed_writer_left_is_cleared_and_does_not_count()
    {
        Assert.Throws<Interrupted>(() => Run(Resuming, p => { if (p.Step == 3) throw new Interrupted(); }));
        File.WriteAllText(Path.Combine(folder, "checkpoint-0000000004.safetensors.writing"), "half");
        Assert.Equal(3, Run(Resuming).Result.ResumedAtStep);
        Assert.Empty(Directory.GetFiles(folder, "*.writing"));
    }

    [Fact]
    public void An_option_that_had_another_name_when_the_checkpoint_was_written_is_the_same_option()
    {
        var before = new Dictionary<string,
            string> { ["TrainingOptions.Schedule"] = "Cosine", ["Task.MemoryBudgetBytes"] = "7", ["Task.Tokenizer.Level"] = "Word" };
        var now = new Dictionary<string,
            string> { ["TrainingOptions.LearningRateSchedule"] = "Cosine", ["Task.PixelCacheBytes"] = "7",
            ["Task.Tokenizer.TokenLevel"] = "Word" };
        Assert.Empty(RunIdentity.Differences(before, now));
        Assert.Equal("PixelCacheBytes is 7 in the checkpoint and 8 here",
            Assert.Single(RunIdentity.Differences(before, new Dictionary<string, string>(now) { ["Task.PixelCacheBytes"] = "8" }))
            .ToString());
    }

    [Fact]
    public void A_folder_with_checkpoints_is_not_overwritten_unasked()
    {
        Run(Resuming);
        var before = Files.Select(File.ReadAllBytes).ToArray();
        Refuses("already holds checkpoint-0000000012.safetensors", () => Run(Resuming with { Resume = false }));
        Assert.Equal(before, Files.Select(File.ReadAllBytes).ToArray());
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_an_error_that_leaves_the_ones_before()
    {
        var blocked = Directory.CreateDirectory(Path.Combine(folder, "checkpoint-0000000003.safetensors.writing"));
        Refuses("checkpoint-0000000003.safetensors cannot be written", () => Run(Resuming));
        Assert.Equal(["checkpoint-0000000001.safetensors", "checkpoint-0000000002.safetensors"],
            Files.Where(File.Exists).Select(Path.GetFileName));
        blocked.Delete();
        var resumed = Run(Resuming);
        Assert.Equal(2, resumed.Result.ResumedAtStep);
        Assert.Equal(Run(Options).Weights, resumed.Weights);
    }

    [Theory]
    [InlineData("checkpoint-0000000026-good-one.safetensors")]
    [InlineData("checkpoint-notes.safetensors")]
    [InlineData("checkpoint-00000000126.safetensors")]
    [InlineData("checkpoint-126.safetensors")]
    [InlineData("checkpoint-9999999999 (copy).safetensors")]
    [InlineData("my-checkpoint-9999999999.safetensors")]
    [InlineData("checkpoint-9999999999.safetensors.bak")]
    [InlineData("checkpoint-9999999999-mine.safetensors.writing")]
    [InlineData("checkpoint-notes.safetensors.writing")]
    [InlineData("Checkpoint-9999999999.safetensors")]
    public void Files_of_other_names_are_the_users_and_neither_deleted_nor_read(string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, "mine");

        Run(Resuming with { Resume = false });
        Run(Resuming);

        Assert.Equal("mine", File.ReadAllText(path));
        Assert.Equal(["checkpoint-0000000011.safetensors", "checkpoint-0000000012.safetensors"],
            Files.Select(Path.GetFileName).Where(file => file != name));
    }

    [Fact]
    public void Two_runs_cannot_share_a_folder()
        => Run(Resuming, p => { if (p.Step == 1) Refuses("cannot be used", () => Run(Resuming)); });

    [Fact]
    public void A_damaged_checkpoint_is_named_with_the_one_to_resume_from()
    {
        Assert.Throws<Interrupted>(() => Run(Resuming, p => { if (p.Step == 6) throw new Interrupted(); }));
        var (previous, newest) = (Files[0], Files[1]);
        var good = File.ReadAllBytes(newest);

        for (var at = 0; at < good.Length; at += 97) // an altered byte anywhere: header, numbers, tensors
        {
            var bad = good.ToArray();
            bad[at] ^= 0x10;
            File.WriteAllBytes(newest, bad);
            Refuses(newest, () => Run(Resuming));
        }

        for (var length = 0; length < good.Length; length += good.Length / 7)
        {
            File.WriteAllBytes(newest, good[..length]);
            Refuses($"Delete that file to resume from {Path.GetFileName(previous)}", () => Run(Resuming));
        }

        File.Delete(newest);
        Assert.Equal(5, Run(Resuming).Result.ResumedAtStep);
    }

    [Fact]
    public void The_only_checkpoint_being_damaged_says_that_there_is_no_earlier_one()
    {
        File.WriteAllText(Path.Combine(folder, "checkpoint-0000000001.safetensors"), "not one");
        Refuses("to begin anew; there is no earlier one", () => Run(Resuming));
    }

    [Fact]
    public void A_foreign_file_and_another_format_version_are_told_apart()
    {
        var path = Path.Combine(folder, "checkpoint-0000000001.safetensors");
        using (var stream = File.Create(path)) SafeTensors.Write(stream, []);
        Refuses("no checkpoint of this library", () => Run(Resuming));
        using (var stream = File.Create(path)) SafeTensors.Write(stream, [], new Dictionary<string,
            string> { ["bdia.checkpoint.version"] = "7" });
        Refuses("format version is 7, and this library reads version 1", () => Run(Resuming));
    }

    [Theory]
    [InlineData("best.")]
    [InlineData("averaged.2.")]
    [InlineData("model.")]
    [InlineData("adamw.")]
    public void A_tensor_that_is_not_the_runs_own_is_refused_also_where_the_hash_was_made_to_fit(string prefix)
    {
        Assert.Throws<Interrupted>(() => Train(p => { if (p.Step == 8) throw new Interrupted(); }));
        var newest = Files[^1];
        using (var content = CheckpointFile.Read(newest))
        {
            var tensors = content.Tensors.Tensors.ToList();
            var at = tensors.FindIndex(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal));
            tensors[at] = new(tensors[at].Key + "x", tensors[at].Value);
            CheckpointFile.Write(newest, tensors, content.State, content.Identity);
        }

        Refuses("does not fit this model", () => Train(null));

        void Train(Action<TrainingProgress>? progress)
        {
            var task = NewTask();
            using var net = task.Net;
            new Trainer<ToyBatch>(Resuming with { BestBy = ModelSelection.Loss }) { AverageEpochs = 2 }.Run(
                task, new ToySource(70, 16, 5), progress is null ? null : new Call(progress), null, null, CancellationToken.None);
        }
    }

    [Fact]
    public void A_state_that_no_run_can_have_is_refused_and_best_figures_that_are_missing_are_beaten_by_any()
    {
        Assert.Throws<Interrupted>(() => Run(Resuming, p => { if (p.Step == 6) throw new Interrupted(); }));
        Change(state => state.BestValidation = state.BestValidation! with { Accuracy = null });
        Assert.NotNull(Run(Resuming).Result.BestEpoch);
        Change(state => state.ElapsedSeconds = 1e15);
        Refuses("its state is none that a run can have", () => Run(Resuming));

        void Change(Action<RunState> change)
        {
            var newest = Files[^1];
            using var content = CheckpointFile.Read(newest);
            change(content.State);
            CheckpointFile.Write(newest, [.. content.Tensors.Tensors], content.State, content.Identity);
        }
    }

    private void Clear()
    {
        foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
    }

    private static void Refuses(string text, Action run)
        => Assert.Contains(text, Assert.Throws<CheckpointException>(run).Message, StringComparison.Ordinal);
}
