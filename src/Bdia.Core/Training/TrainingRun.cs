using Bdia.Core.Formats;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>One run of the trainer, from the first batch or the newest checkpoint to the result.</summary>
internal sealed class TrainingRun<TBatch> : IDisposable
{
    private const int BatchesAhead = 1; // the next while this one trains: large images make a batch as large as a state

    private readonly TrainingOptions options;
    private readonly ITrainingTask<TBatch> task;
    private readonly IBatchSource<TBatch> source;
    private readonly TrainingPlan plan;
    private readonly AdamW optimizer;
    private readonly AdamWInBackward? inBackward;
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
        (this.options, this.task, this.source, this.notes) = (options, task, source, notes);
        choosesGamma = AutomaticGamma.IsIn(task.Module);
        plan = TrainingPlan.Of(options, source.BatchCount);
        var groups = ParameterGroups.Of(task.Module, task.WithoutDecay, task.RateScale, BlockMatrices.Of(options, task));
        optimizer = new AdamW(groups, options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay, options.MuonMomentum);
        best = new BestModel(options, state);
        moving = new MovingAverage(options.EmaDecay, task.Module);
        averages = new WeightAverages(averageEpochs, averageOf, options.BestBy, state);
        try
        {
            if (options.OptimizerInBackward) inBackward = new AdamWInBackward(optimizer, task.Stacks);
            if (options.CheckpointDirectory is { } folder)
                checkpoints = new RunCheckpoints(folder, options, RunIdentity.Of(options, task.Identity),
                    task.Module, optimizer, best, averages, moving);
            var resumed = checkpoints?.Resume(state, [.. RunIdentity.Adjustable, .. task.Adjustable]);
            clock = new RunClock(time, TimeSpan.FromSeconds(state.ElapsedSeconds));
            pace = new Pace(options, plan.TotalSteps, state, clock.Elapsed, text => notes?.Report(new(text)));
            report = new RunReport(options, plan, state, pace, clock, progress);
            stop = new StopSignal(stopProbe, () => options.TimeBudget is { } budget && clock.Elapsed >= budget, cancellation);
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
        if (inBackward is null) optimizer.ZeroGradients();
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
        inBackward?.Dispose();
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
        using var ahead = new Prefetch<TBatch>(cancellation => source.Read(epoch, first, cancellation), BatchesAhead);
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
        var step = new GatheredStep();
        var (rate, norm) = (plan.LearningRate.At(pace.Position), double.NaN);
        for (var i = 0; i < batches; i++)
        {
            if (i > 0 && stop.Requested) return Discard();
            if (!ahead.TryTake(stop, out var batch))
            {
                if (stop.Requested) return Discard();
                throw new InvalidOperationException(
                    $"The batch source ended after {state.BatchInEpoch + i} batches of epoch {state.Epoch}, where it counted "
                    + $"{plan.Batches(state.Epoch)}. BatchCount and Read must agree.");
            }

            using (batch as IDisposable)
            {
                if (inBackward is null) Accumulate(batch, step);
                else norm = StepInBackward(inBackward, batch, step, rate);
            }
        }

        if (inBackward is null)
        {
            // Gradients hold the sum of weight / unit * mean gradient; this makes it the mean over all items.
            var mean = step.Unit / step.Sums.Weight;
            norm = Finite(optimizer.GradientNorm() * mean);
            optimizer.Step(state.Step + 1, rate, mean * Clip(norm));
            optimizer.ZeroGradients();
        }

        step.Sums.LearningRate = state.Sums.LearningRate = rate;
        state.Sums.Add(step.Sums);
        state.Step++;
        pace.Note(clock.Elapsed);
        moving.Add(state.Step, pace.TotalSteps);
        state.Batches += batches;
        state.BatchInEpoch += batches;
        report.Note(step.Sums, norm);
        return true;

        bool Discard()
        {
            if (inBackward is null) optimizer.ZeroGradients();
            return false;
        }
    }

    /// <summary>An optimizer step within the backward pass of one batch; gives the norm of its gradients.</summary>
    private double StepInBackward(AdamWInBackward optimizer, TBatch batch, GatheredStep step, double rate)
    {
        // AdamW cannot be taken back, so what clipping must know is measured in a pass of its own.
        var clip = options.ClipNorm > 0 ? Clip(Finite(optimizer.Measure(() => Accumulate(batch, new GatheredStep())))) : 1;
        return Finite(optimizer.Step(() => Accumulate(batch, step), state.Step + 1, rate, clip));
    }

    private double Finite(double norm) => double.IsFinite(norm) ? norm : throw Diverged("gradient norm", norm);

    private double Clip(double norm) => options.ClipNorm > 0 && norm > options.ClipNorm ? options.ClipNorm / norm : 1;

    /// <summary>
    /// Adds the gradient of one batch, in proportion to its weight; the first batch's weight is the unit, so that a single batch is not
    /// scaled at all.
    /// </summary>
    private void Accumulate(TBatch batch, GatheredStep step)
    {
        using var scope = NewDisposeScope();
        // By step and row: a batch that is cut into parts, gathered here, draws what it would as a whole.
        (task.Clock.Step, task.Clock.FirstRow) = (state.Step, step.Rows);
        (task.Clock.Progress, task.Clock.Strength) = (pace.Progress, state.GammaStrength);
        var loss = task.Loss(batch);
        var value = loss.Loss.to(float64).item<double>();
        if (!double.IsFinite(value)) throw Diverged("loss", value);
        if (loss.Weight is not (> 0 and < double.PositiveInfinity))
            throw new InvalidOperationException(
                $"The task gave a batch of step {state.Step + 1} the weight {loss.Weight}; it must be above 0 and finite.");

        if (step.Sums.Weight == 0) step.Unit = loss.Weight;
        var share = loss.Weight / step.Unit;
        try
        {
            (share == 1 ? loss.Loss : loss.Loss.Times(share)).backward();
        }
        catch (Exception) when (task.BackwardFault is not null)
        {
            // libtorch carries no managed exception through a backward pass; the stack has kept the true reason.
            throw task.BackwardFault;
        }

        step.Rows += loss.Rows ?? loss.Items;
        step.Sums.Add(new EpochSums { Loss = value * loss.Weight, Weight = loss.Weight, Items = loss.Items, Correct = loss.Correct });
    }

    /// <summary>Validates, keeps the best, notes the epoch; false if it was stopped before the validation was done.</summary>
    private bool EndEpoch()
    {
        var epoch = state.Epoch + 1;
        ValidationResult? validation;
        using (moving.Shown())
        {
            if (!judgement.TryJudge(epoch, out validation)) return false;
            if (validation is { } judged && !double.IsFinite(judged.Loss)) throw Diverged("validation loss", judged.Loss);
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

    private TrainingDivergedException Diverged(string quantity, double value)
        => new(quantity, value, state.Step + 1, state.Epoch + 1, plan.LearningRate.At(pace.Position), options.ClipNorm);
}
