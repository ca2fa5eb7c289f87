using Bdia.Core.Formats;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>One run of the trainer, from the first batch or the newest checkpoint to the result.</summary>
internal sealed class TrainingRun<TBatch> : IDisposable
{
    private const int BatchesAhead = 1; // the next while this one trains: large images make a batch as large as a state

    private readonly TrainingOptions _options;
    private readonly ITrainingTask<TBatch> _task;
    private readonly IBatchSource<TBatch> _source;
    private readonly TrainingPlan _plan;
    private readonly AdamW _optimizer;
    private readonly AdamWInBackward? _inBackward;
    private readonly RunState _state = new();
    private readonly StopSignal _stop;
    private readonly BestModel _best;
    private readonly WeightAverages _averages;
    private readonly RunCheckpoints? _checkpoints;
    private readonly RunReport _report;

    public TrainingRun(
        TrainingOptions options, int averageEpochs, WeightAverage averageOf, ITrainingTask<TBatch> task, IBatchSource<TBatch> source,
        IProgress<TrainingProgress>? progress, IProgress<TrainingNote>? notes, Func<bool>? stopProbe, CancellationToken cancellation)
    {
        (_options, _task, _source) = (options, task, source);
        _plan = TrainingPlan.Of(options, source.BatchCount);
        _optimizer = new AdamW(ParameterGroups.Of(task.Module, task.WithoutDecay), options.Beta1, options.Beta2, options.Epsilon, options.WeightDecay);
        _best = new BestModel(options, _state);
        _averages = new WeightAverages(averageEpochs, averageOf, options.BestBy, _state);
        try
        {
            if (options.OptimizerInBackward) _inBackward = new AdamWInBackward(_optimizer, task.Stacks);
            if (options.CheckpointDirectory is { } folder)
                _checkpoints = new RunCheckpoints(folder, options, RunIdentity.Of(options, task.Identity), task.Module, _optimizer, _best, _averages);
            var resumed = _checkpoints?.Resume(_state, [.. RunIdentity.Adjustable, .. task.Adjustable]);
            _report = new RunReport(options, _plan, _state, progress);
            _stop = new StopSignal(stopProbe, () => options.TimeBudget is { } budget && _report.Elapsed >= budget, cancellation);
            if (resumed is { } point) GoOn(point.Differences, point.Told, notes);
            else if (options.Resume) notes?.Report(new($"Resume is set, but {options.CheckpointDirectory} holds no checkpoint: training begins at the beginning."));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TrainingResult Run()
    {
        if (_inBackward is null) _optimizer.ZeroGradients();
        try
        {
            while (_state.Epoch < _options.Epochs && !_best.OutOfPatience)
            {
                _task.Module.train();
                if (!TrainEpoch() || !EndEpoch()) break;
            }

            if (_state.Step == 0) throw _stop.BeforeTheFirstStep(_options.TimeBudget);
            Save(finished: true);
        }
        catch (Exception fault)
        {
            if (_best.TryRescue(_task.Module) is not { } epoch) throw;
            var rescued = _report.Result(StopReason.Diverged, null, null) with { Fault = fault, BestEpoch = epoch, HasValidation = _task.HasValidation };
            if (_options.OnDivergence == DivergencePolicy.ReturnBest && fault is (TrainingDivergedException or ReversibilityException)) return rescued;
            fault.CarryBestModel(rescued);
            throw;
        }
        finally
        {
            _optimizer.ClearGradients();
            _task.Module.eval();
        }

        _best.Restore(_task.Module);
        var reason = _state.Epoch >= _options.Epochs ? StopReason.Completed : _best.OutOfPatience ? StopReason.EarlyStopping : _stop.Reason!.Value;
        // After the checkpoint, which thereby is the same whether the run ends here or goes on with more time.
        var average = Average(reason);
        return _report.Result(reason, average is { Kept: true } ? _averages.Epochs : null, average?.Validation) with { HasValidation = _task.HasValidation };
    }

    public void Dispose()
    {
        _checkpoints?.Dispose();
        _best.Dispose();
        _averages.Dispose();
        _inBackward?.Dispose();
        _optimizer.Dispose();
    }

    /// <summary>Goes on where a checkpoint was written, by other options as the case may be.</summary>
    private void GoOn(IReadOnlyList<RunDifference> differences, string told, IProgress<TrainingNote>? notes)
    {
        notes?.Report(new(told, IsWarning: differences.Any(difference => !difference.IsKnownToBoth && !difference.IsIn(_task.Adjustable))));
        if (_state.BatchInEpoch == 0 && _state.Epoch > 0) _best.EndEpoch(_state.Epoch, _task.Module);
        if (!differences.Any(difference => difference.IsIn(_task.Judgement))) return;
        if (!_task.HasValidation) _best.Forget();
        else JudgeAnew(notes);
    }

    private void JudgeAnew(IProgress<TrainingNote>? notes)
    {
        notes?.Report(new("What models are judged by has changed: the best weights so far are judged anew."));
        using var current = new WeightCopy();
        current.Keep(ModuleState.Save(_task.Module));
        _best.JudgeAnew(_task.Module, Judge);
        _averages.JudgeAnew(_task.Module, Judge);
        current.Restore(_task.Module);

        ValidationResult? Judge(int epoch) => TryValidate(stop => _task.ValidateAverage(epoch, stop), _stop.WithoutTime(), out var validation) ? validation
            : throw new OperationCanceledException("Training was cancelled while the best weights of its checkpoint were judged; nothing was trained.");
    }

    /// <summary>Trains on what is left of the epoch; false if it was stopped before its end.</summary>
    private bool TrainEpoch()
    {
        if (_state.BatchInEpoch == 0) _state.Sums = new EpochSums { StartedAt = _report.Elapsed.TotalSeconds };
        var batches = _plan.Batches(_state.Epoch);
        var (epoch, first) = (_state.Epoch, _state.BatchInEpoch);
        using var ahead = new Prefetch<TBatch>(cancellation => _source.Read(epoch, first, cancellation), BatchesAhead);
        while (_state.BatchInEpoch < batches)
        {
            if (_stop.Requested || !TrainStep(ahead, Math.Min(_options.AccumulationSteps, batches - _state.BatchInEpoch))) return false;
            Save(finished: false);
            _report.Step(_task.SideInformationBytes);
        }

        if (!ahead.TryTake(_stop, out var surplus)) return true;
        (surplus as IDisposable)?.Dispose();
        throw new InvalidOperationException($"The batch source gave more than the {batches} batches that it counted for epoch {epoch}. BatchCount and Read must agree.");
    }

    /// <summary>One optimizer step over several batches; false if it was stopped, and then nothing has changed.</summary>
    private bool TrainStep(Prefetch<TBatch> ahead, int batches)
    {
        var step = new GatheredStep();
        var (rate, norm) = (_plan.LearningRate.At(_state.Step), double.NaN);
        for (var i = 0; i < batches; i++)
        {
            if (i > 0 && _stop.Requested) return Discard();
            if (!ahead.TryTake(_stop, out var batch))
            {
                if (_stop.Requested) return Discard();
                throw new InvalidOperationException($"The batch source ended after {_state.BatchInEpoch + i} batches of epoch {_state.Epoch}, where it counted {_plan.Batches(_state.Epoch)}. BatchCount and Read must agree.");
            }

            using (batch as IDisposable)
            {
                if (_inBackward is null) Accumulate(batch, step);
                else norm = StepInBackward(_inBackward, batch, step, rate);
            }
        }

        if (_inBackward is null)
        {
            // Gradients hold the sum of weight / unit * mean gradient; this makes it the mean over all items.
            var mean = step.Unit / step.Sums.Weight;
            norm = Finite(_optimizer.GradientNorm() * mean);
            _optimizer.Step(_state.Step + 1, rate, mean * Clip(norm));
            _optimizer.ZeroGradients();
        }

        step.Sums.LearningRate = _state.Sums.LearningRate = rate;
        _state.Sums.Add(step.Sums);
        _state.Step++;
        _state.Batches += batches;
        _state.BatchInEpoch += batches;
        _report.Note(step.Sums, norm);
        return true;

        bool Discard()
        {
            if (_inBackward is null) _optimizer.ZeroGradients();
            return false;
        }
    }

    /// <summary>An optimizer step within the backward pass of one batch; gives the norm of its gradients.</summary>
    private double StepInBackward(AdamWInBackward optimizer, TBatch batch, GatheredStep step, double rate)
    {
        // AdamW cannot be taken back, so what clipping must know is measured in a pass of its own.
        var clip = _options.ClipNorm > 0 ? Clip(Finite(optimizer.Measure(() => Accumulate(batch, new GatheredStep())))) : 1;
        return Finite(optimizer.Step(() => Accumulate(batch, step), _state.Step + 1, rate, clip));
    }

    private double Finite(double norm) => double.IsFinite(norm) ? norm : throw Diverged("gradient norm", norm);

    private double Clip(double norm) => _options.ClipNorm > 0 && norm > _options.ClipNorm ? _options.ClipNorm / norm : 1;

    /// <summary>Adds the gradient of one batch, in proportion to its weight; the first batch's weight is the unit, so that a single batch is not scaled at all.</summary>
    private void Accumulate(TBatch batch, GatheredStep step)
    {
        using var scope = torch.NewDisposeScope();
        // By step and row: a batch that is cut into parts, gathered here, draws what it would as a whole.
        (_task.Clock.Step, _task.Clock.FirstRow) = (_state.Step, step.Rows);
        _task.Clock.Progress = (double)_state.Step / _plan.TotalSteps;
        var loss = _task.Loss(batch);
        var value = loss.Loss.to(torch.float64).item<double>();
        if (!double.IsFinite(value)) throw Diverged("loss", value);
        if (loss.Weight is not (> 0 and < double.PositiveInfinity))
            throw new InvalidOperationException($"The task gave a batch of step {_state.Step + 1} the weight {loss.Weight}; it must be above 0 and finite.");

        if (step.Sums.Weight == 0) step.Unit = loss.Weight;
        var share = loss.Weight / step.Unit;
        try
        {
            (share == 1 ? loss.Loss : loss.Loss.Times(share)).backward();
        }
        catch (Exception) when (_task.BackwardFault is not null)
        {
            // libtorch carries no managed exception through a backward pass; the stack has kept the true reason.
            throw _task.BackwardFault;
        }

        step.Rows += loss.Rows ?? loss.Items;
        step.Sums.Add(new EpochSums { Loss = value * loss.Weight, Weight = loss.Weight, Items = loss.Items, Correct = loss.Correct });
    }

    /// <summary>Validates, keeps the best, notes the epoch; false if it was stopped before the validation was done.</summary>
    private bool EndEpoch()
    {
        var epoch = _state.Epoch + 1;
        ValidationResult? validation = null;
        if (_task.HasValidation && (epoch % _options.ValidateEveryEpochs == 0 || epoch == _options.Epochs))
        {
            if (!TryValidate(stop => _task.Validate(epoch, stop), _stop, out validation)) return false;
            if (validation is not null && !double.IsFinite(validation.Loss)) throw Diverged("validation loss", validation.Loss);
            if (validation is not null) _best.Offer(epoch, validation, _task.Module);
        }

        _best.EndEpoch(epoch, _task.Module);
        _averages.Offer(epoch, validation, _task.Module);

        var sums = _state.Sums;
        _state.History.Add(new EpochResult(
            epoch, sums.MeanLoss(), sums.Accuracy(), sums.LearningRate, _report.Elapsed.TotalSeconds - sums.StartedAt, validation));
        (_state.Epoch, _state.BatchInEpoch) = (epoch, 0);
        Save(finished: false);
        _report.Epoch(_task.SideInformationBytes);
        return true;
    }

    /// <summary>Gives the module the mean of the kept weights, unless it is no better than what it has; null where there is nothing to average.</summary>
    private (bool Kept, ValidationResult? Validation)? Average(StopReason reason)
    {
        if (reason == StopReason.Cancelled || _averages.Epochs.Count < 2) return null;
        using var chosen = new WeightCopy();
        chosen.Keep(ModuleState.Save(_task.Module));
        _averages.LoadMean(_task.Module);
        if (!_task.HasValidation) return (true, null);
        // A time budget that is used up has ended the training; it does not also forbid to judge what came of it.
        if (TryValidate(stop => _task.ValidateAverage(_state.Epoch, stop), _stop.WithoutTime(), out var validation)
            && validation is not null && double.IsFinite(validation.Loss) && _best.IsBetter(validation))
            return (true, validation);
        chosen.Restore(_task.Module);
        return (false, validation);
    }

    private bool TryValidate(Func<StopSignal, ValidationResult?> validate, StopSignal stop, out ValidationResult? validation)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        _task.Module.eval();
        try
        {
            validation = validate(stop);
        }
        catch (OperationCanceledException) when (stop.Requested)
        {
            validation = null;
            return false;
        }

        return true;
    }

    private void Save(bool finished)
    {
        if (_checkpoints is null || !_checkpoints.Due(_state, finished)) return;
        _state.ElapsedSeconds = _report.Elapsed.TotalSeconds;
        _checkpoints.Write(_state);
    }

    private TrainingDivergedException Diverged(string quantity, double value)
        => new(quantity, value, _state.Step + 1, _state.Epoch + 1, _plan.LearningRate.At(_state.Step), _options.ClipNorm);
}
