namespace Bdia.Core.Training;

/// <summary>Steps within the backward pass of one batch.</summary>
internal sealed class BackwardSteps<TBatch>(StepSetting<TBatch> setting) : StepTaker<TBatch>(setting)
{
    private readonly AdamWInBackward optimizer = new(setting.Optimizer, setting.Task.Stacks);

    /// <inheritdoc/>
    public override (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate)
    {
        var (step, norm) = (new GatheredStep(), double.NaN);
        for (var i = 0; i < batches; i++)
        {
            if (i > 0 && Setting.Stop.Requested || !TryTake(ahead, i, out var batch)) return null;
            using (batch as IDisposable)
            {
                // AdamW cannot be taken back, so what clipping must know is measured in a pass of its own.
                var clip = Setting.Options.ClipNorm > 0 ? Clip(Finite(optimizer.Measure(() => Accumulate(batch, new GatheredStep())))) : 1;
                norm = Finite(optimizer.Step(() => Accumulate(batch, step), State.Step + 1, rate, clip));
            }
        }

        return (step, norm);
    }

    public override void Dispose() => optimizer.Dispose();
}
