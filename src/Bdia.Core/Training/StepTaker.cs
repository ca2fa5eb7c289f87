using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>What those who take the steps of a run know of it.</summary>
internal sealed record StepSetting<TBatch>(
    TrainingOptions Options, ITrainingTask<TBatch> Task, IBatchSource<TBatch> Source, TrainingPlan Plan, AdamW Optimizer, RunState State,
    Pace Pace, StopSignal Stop);

/// <summary>Takes the steps of a run, from batches to weights. What differs is where gradients are gathered.</summary>
internal abstract class StepTaker<TBatch>(StepSetting<TBatch> setting) : IDisposable
{
    protected StepSetting<TBatch> Setting => setting;

    protected RunState State => setting.State;

    protected AdamW Optimizer => setting.Optimizer;

    /// <summary>Makes room for gradients, before the first step.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Makes ready for what is left of an epoch, before it is read.</summary>
    public virtual void BeginEpoch(int epoch, int first)
    {
    }

    /// <summary>The batches of an epoch that this process trains on, from one on.</summary>
    public virtual IEnumerable<TBatch> Read(int epoch, int first, CancellationToken cancellation)
        => setting.Source.Read(epoch, first, cancellation);

    /// <summary>Takes one step over several batches.</summary>
    /// <param name="ahead">Gives them.</param>
    /// <param name="batches">How many the step has.</param>
    /// <param name="rate">Its learning rate.</param>
    /// <returns>Loss and counts of the step, and the norm of its gradient; null if it was stopped, and then nothing has
    /// changed.</returns>
    public abstract (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate);

    public abstract void Dispose();

    /// <summary>What a run throws whose numbers leave their range.</summary>
    public TrainingDivergedException Diverged(string quantity, double value)
        => new(quantity, value, State.Step + 1, State.Epoch + 1, setting.Plan.LearningRate.At(setting.Pace.Position),
            setting.Options.ClipNorm);

    protected double Finite(double norm) => double.IsFinite(norm) ? norm : throw Diverged("gradient norm", norm);

    protected double Clip(double norm)
        => setting.Options.ClipNorm > 0 && norm > setting.Options.ClipNorm ? setting.Options.ClipNorm / norm : 1;

    /// <summary>Waits for the next batch; false if the run was stopped first.</summary>
    /// <param name="ahead">Gives it.</param>
    /// <param name="number">Its number in the step.</param>
    /// <param name="batch">The batch.</param>
    protected bool TryTake(Prefetch<TBatch> ahead, int number, out TBatch batch)
    {
        if (ahead.TryTake(setting.Stop, out batch!)) return true;
        if (setting.Stop.Requested) return false;
        throw new InvalidOperationException(
            $"The batch source ended after {State.BatchInEpoch + number} batches of epoch {State.Epoch}, where it counted "
            + $"{setting.Plan.Batches(State.Epoch)}. BatchCount and Read must agree.");
    }

    /// <summary>Applies gradients that hold the sum of weight / unit * mean gradient.</summary>
    /// <returns>Their norm.</returns>
    protected double Apply(GatheredStep step, double rate)
    {
        var mean = step.Unit!.Value / step.Sums.Weight; // makes it the mean over all items
        var norm = Finite(GradientNorm() * mean);
        Update(Optimizer.Numbers(State.Step + 1, rate, mean * Clip(norm)));
        return norm;
    }

    /// <summary>The norm of all gradients.</summary>
    protected virtual double GradientNorm() => Optimizer.GradientNorm();

    /// <summary>Takes the optimizer's step.</summary>
    protected virtual void Update(AdamWStep numbers) => Optimizer.Take(numbers);

    /// <summary>
    /// Adds the gradient of one batch, in proportion to its weight; the first batch's weight is the unit, so that a single batch is not
    /// scaled at all.
    /// </summary>
    protected void Accumulate(TBatch batch, GatheredStep step)
    {
        using var scope = NewDisposeScope();
        Backward(Forward(batch, step));
    }

    /// <summary>Takes a batch to its loss, and notes loss and counts in the step.</summary>
    /// <returns>The loss, in proportion to the batch's weight.</returns>
    protected Tensor Forward(TBatch batch, GatheredStep step)
    {
        var (task, pace) = (setting.Task, setting.Pace);
        // By step and row: a batch that is cut into parts, gathered here, draws what it would as a whole.
        (task.Clock.Step, task.Clock.FirstRow) = (State.Step, step.Rows);
        (task.Clock.Progress, task.Clock.Strength) = (pace.Progress, State.GammaStrength);
        var loss = task.Loss(batch);
        var value = loss.Loss.to(float64).item<double>();
        if (!double.IsFinite(value)) throw Diverged("loss", value);
        if (loss.Weight is not (> 0 and < double.PositiveInfinity))
            throw new InvalidOperationException(
                $"The task gave a batch of step {State.Step + 1} the weight {loss.Weight}; it must be above 0 and finite.");

        step.Unit ??= loss.Weight;
        step.Rows += loss.Rows ?? loss.Items;
        step.Sums.Add(new EpochSums { Loss = value * loss.Weight, Weight = loss.Weight, Items = loss.Items, Correct = loss.Correct });
        var share = loss.Weight / step.Unit.Value;
        return share == 1 ? loss.Loss : loss.Loss.Times(share);
    }

    /// <summary>Takes a loss back to the gradients.</summary>
    protected void Backward(Tensor loss)
    {
        try
        {
            loss.backward();
        }
        catch (Exception) when (setting.Task.BackwardFault is { } fault)
        {
            // libtorch carries no managed exception through a backward pass; the stack has kept the true reason.
            throw fault;
        }
    }
}
