using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>One run of the trainer, from the first batch or the newest checkpoint to the result.</summary>
internal sealed class TrainingRun<TBatch> : IDisposable
{
    private const int BatchesAhead = 1; // the next while this one trains: large images make a batch as large as a state

    private readonly TrainingOptions options;
    private readonly ITrainingTask<TBatch> task;
    private readonly TrainingPlan plan;
    private readonly AdamW optimizer;
    private readonly StepTaker<TBatch> steps;
    private readonly RankAgreement? agreement;
    private readonly RunState state = new();
    private readonly StopSignal stop;
    private readonly BestModel best;
    private readonly WeightAverages averages;
    private readonly MovingAverage moving;
    private readonly RunCheckpoints? checkpoints;
    private readonly RunClock clock;
    private readonly Pace pace;
    private readonly RunReport report;
    private readonly RunJudgement<TBatch> judgement;
    private readonly IProgress<TrainingNote>? notes;
    private readonly bool choosesGamma;

    public TrainingRun(
        TrainingOptions options, int averageEpochs, WeightAverage averageOf, TimeProvider time, ITrainingTask<TBatch> task,
        IBatchSource<TBatch> source,
        IProgress<TrainingProgress>? progress, IProgress<TrainingNote>? notes, Func<bool>? stopProbe, CancellationToken cancellation)
    {
        var ranks = options.Distributed?.Ranks ?? RankGroup.Alone;
        if (!ranks.IsFirst) (progress, notes) = (null, null); // one voice for all of them
        (this.options, this.task, this.notes) = (options, task, notes);
        choosesGamma = AutomaticGamma.IsIn(task.Module);
        plan = TrainingPlan.Of(options, source.BatchCount);
        var groups = ParameterGroups.Of(task.Module, task.WithoutDecay, task.RateScale, BlockMatrices.Of(options, task));
        optimizer = new AdamW(groups, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay, options.MuonMomentum,
            options.MomentFormat == MomentFormat.EightBits ? BlockMatrices.Set(task) : null,
            options.Distributed is { SharesMoments: true } ? ranks : null);
        best = new BestModel(options, state);
        moving = new MovingAverage(options.EmaDecay, task.Module);
        averages = new WeightAverages(averageEpochs, averageOf, options.BestBy, state);
        try
        {
            var identity = RunIdentity.Of(options, task.Identity);
            if (options.Distributed is not null) RankAgreement.RequireSame(ranks, options, identity);
            if (options.CheckpointDirectory is { } folder)
                checkpoints = new RunCheckpoints(folder, options, identity, task.Module, optimizer, best, averages, moving, ranks);
            var resumed = checkpoints?.Resume(state, [.. RunIdentity.Adjustable, .. task.Adjustable]);
            clock = new RunClock(time, TimeSpan.FromSeconds(state.ElapsedSeconds));
            pace = new Pace(options, plan.TotalSteps, state, clock.Elapsed, text => notes?.Report(new(text)));
            report = new RunReport(options, plan, state, pace, clock, progress);
            stop = new StopSignal(stopProbe, () => options.TimeBudget is { } budget && clock.Elapsed >= budget, cancellation);
            if (options.Distributed is not null)
            {
                RankAgreement.RequireSameWeights(ranks, task.Module, "at the beginning");
                agreement = new RankAgreement(ranks, stop, () => clock.Elapsed);
                stop = agreement.Stop;
            }

            var setting = new StepSetting<TBatch>(options, task, source, plan, optimizer, state, pace, stop);
            steps = (options.Distributed, options.OptimizerInBackward) switch
            {
                (null, false) => new GatheredSteps<TBatch>(setting),
                (null, true) => new BackwardSteps<TBatch>(setting),
                ({ } shared, false) => new RankedSteps<TBatch>(setting, shared, agreement!),
                ({ } shared, true) => new RankedBackwardSteps<TBatch>(setting, shared, agreement!),
            };
            judgement = new RunJudgement<TBatch>(options, task, best, averages, stop);
            if (resumed is { } point) GoOn(point.Differences, point.Told, notes);
            else if (options.Resume) notes?.Report(
                new($"Resume is set, but {options.CheckpointDirectory} holds no checkpoint: training begins at the beginning."));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TrainingResult Run()
    {
        steps.Begin();
        try
        {
            while (state.Epoch < options.Epochs && !best.OutOfPatience)
            {
                task.Module.train();
                if (!TrainEpoch() || !EndEpoch()) break;
            }

            if (state.Step == 0) throw stop.BeforeTheFirstStep(options.TimeBudget);
            Save(finished: true);
        }
        catch (Exception fault)
        {
            if (best.TryRescue(task.Module) is not { } epoch) throw;
            var rescued = report.Result(StopReason.Diverged, null, null) with { Fault = fault, BestEpoch = epoch,
                HasValidation = task.HasValidation };
            if (options.OnDivergence == DivergencePolicy.ReturnBest
                && fault is (TrainingDivergedException or ReversibilityException)) return rescued;
            fault.CarryBestModel(rescued);
            throw;
        }
        finally
        {
            optimizer.ClearGradients();
            task.Module.eval();
        }

        var reason = state.Epoch >= options.Epochs ? StopReason.Completed : best.OutOfPatience ? StopReason.EarlyStopping
            : stop.Reason!.Value;
        if (reason == StopReason.TimeBudget && state.BatchInEpoch > 0) JudgeLast();
        if (state.BestEpoch is null) moving.Apply();
        else best.Restore(task.Module);
        if (best.Told is { } told) notes?.Report(new(told));
        // After the checkpoint, which thereby is the same whether the run ends here or goes on with more time.
        var average = reason == StopReason.Cancelled ? null : judgement.Average(state.Epoch);
        return report.Result(reason, average is { Kept: true } ? averages.Epochs
            : null, average?.Validation) with { HasValidation = task.HasValidation };
    }

    public void Dispose()
    {
        checkpoints?.Dispose();
        best.Dispose();
        averages.Dispose();
        moving.Dispose();
        steps?.Dispose();
        optimizer.Dispose();
    }

    /// <summary>Goes on where a checkpoint was written, by other options as the case may be.</summary>
    private void GoOn(IReadOnlyList<RunDifference> differences, string told, IProgress<TrainingNote>? notes)
    {
        notes?.Report(new(told, IsWarning: differences.Any(difference => !difference.IsKnownToBoth && !difference.IsIn(task.Adjustable))));
        if (state.BatchInEpoch == 0 && state.Epoch > 0)
        {
            using var shown = moving.Shown();
            best.EndEpoch(state.Epoch, task.Module);
        }

        if (!differences.Any(difference => difference.IsIn(task.Judgement))) return;
        if (!task.HasValidation) best.Forget();
        else judgement.JudgeAnew(notes);
    }

    /// <summary>Trains on what is left of the epoch; false if it was stopped before its end.</summary>
    private bool TrainEpoch()
    {
        if (state.BatchInEpoch == 0) state.Sums = new EpochSums { StartedAt = clock.Elapsed.TotalSeconds };
        var batches = plan.Batches(state.Epoch);
        var (epoch, first) = (state.Epoch, state.BatchInEpoch);
        steps.BeginEpoch(epoch, first);
        using var ahead = new Prefetch<TBatch>(cancellation => steps.Read(epoch, first, cancellation), BatchesAhead);
        while (state.BatchInEpoch < batches)
        {
            if (stop.Requested || !TrainStep(ahead, Math.Min(options.AccumulationSteps, batches - state.BatchInEpoch))) return false;
            Save(finished: false);
            report.Step(task.SideInformationBytes);
        }

        if (!ahead.TryTake(stop, out var surplus)) return true;
        (surplus as IDisposable)?.Dispose();
        throw new InvalidOperationException(
            $"The batch source gave more than the {batches} batches that it counted for epoch {epoch}. BatchCount and Read must agree.");
    }

    /// <summary>One optimizer step over several batches; false if it was stopped, and then nothing has changed.</summary>
    private bool TrainStep(Prefetch<TBatch> ahead, int batches)
    {
        var rate = plan.LearningRate.At(pace.Position);
        if (steps.Take(ahead, batches, rate) is not var (step, norm)) return false;
        step.Sums.LearningRate = state.Sums.LearningRate = rate;
        state.Sums.Add(step.Sums);
        state.Step++;
        pace.Note(agreement?.Elapsed ?? clock.Elapsed);
        moving.Add(state.Step, pace.TotalSteps);
        state.Batches += batches;
        state.BatchInEpoch += batches;
        report.Note(step.Sums, norm);
        return true;
    }

    /// <summary>Validates, keeps the best, notes the epoch; false if it was stopped before the validation was done.</summary>
    private bool EndEpoch()
    {
        var epoch = state.Epoch + 1;
        ValidationResult? validation;
        using (moving.Shown())
        {
            if (!judgement.TryJudge(epoch, out validation)) return false;
            if (validation is { } judged && !double.IsFinite(judged.Loss)) throw steps.Diverged("validation loss", judged.Loss);
            if (validation is not null) best.Offer(epoch, validation, task.Module);
            best.EndEpoch(epoch, task.Module);
            averages.Offer(epoch, validation, task.Module);
        }

        var sums = state.Sums;
        state.History.Add(new EpochResult(
            epoch, sums.MeanLoss(), sums.Accuracy(), sums.LearningRate, clock.Elapsed.TotalSeconds - sums.StartedAt, validation)
        {
            Gamma = choosesGamma ? GammaStrengths.Name(state.GammaStrength) : null,
        });
        if (choosesGamma && AutomaticGamma.Move(state, pace.Progress) is { } told) notes?.Report(new(told));
        (state.Epoch, state.BatchInEpoch) = (epoch, 0);
        if (options.Distributed is { } shared) RankAgreement.RequireSameWeights(shared.Ranks, task.Module, $"at the end of epoch {epoch}");
        Save(finished: false);
        report.Epoch(task.SideInformationBytes);
        return true;
    }

    // The schedule ends with the time, and so within an epoch: what it has led to is judged as well, of which no checkpoint knows.
    private void JudgeLast()
    {
        using var shown = moving.Shown();
        if (judgement.Last(state.Epoch + 1) is { } validation) best.Offer(state.Epoch + 1, validation, task.Module);
    }

    private void Save(bool finished)
    {
        if (checkpoints is null || !checkpoints.Due(state, finished)) return;
        state.ElapsedSeconds = clock.Elapsed.TotalSeconds;
        checkpoints.Write(state);
    }
}
