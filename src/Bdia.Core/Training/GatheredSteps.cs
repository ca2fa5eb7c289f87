namespace Bdia.Core.Training;

/// <summary>Steps over the gradients of all parameters, gathered over the batches of a step.</summary>
internal sealed class GatheredSteps<TBatch>(StepSetting<TBatch> setting) : StepTaker<TBatch>(setting)
{
    /// <inheritdoc/>
    public override void Begin() => Optimizer.ZeroGradients();

    /// <inheritdoc/>
    public override (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate)
    {
        var step = new GatheredStep();
        for (var i = 0; i < batches; i++)
        {
            if (i > 0 && Setting.Stop.Requested || !TryTake(ahead, i, out var batch))
            {
                Optimizer.ZeroGradients();
                return null;
            }

            using (batch as IDisposable) Accumulate(batch, step);
        }

        var norm = Apply(step, rate);
        Optimizer.ZeroGradients();
        return (step, norm);
    }

    public override void Dispose()
    {
    }
}
