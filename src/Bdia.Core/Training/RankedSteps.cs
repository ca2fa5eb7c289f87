using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>
/// Steps that several processes share. The batches of a step are dealt to a fixed number of parts, each rank takes equally many of them,
/// and the gradients of the parts are added over a fixed binary tree, ((0 + 1) + (2 + 3)) + ...: the lower levels here, the upper ones
/// between ranks. So the bits of a step do not depend on how many ranks there are.
/// </summary>
internal sealed class RankedSteps<TBatch> : StepTaker<TBatch>
{
    private readonly DistributedOptions options;
    private readonly IPartedSource<TBatch> source;
    private readonly RankAgreement agreement;
    private readonly StepParts parts;
    private readonly FlatGradients gradients;

    /// <exception cref="ArgumentException">The source cannot be read in parts.</exception>
    public RankedSteps(StepSetting<TBatch> setting, DistributedOptions options, RankAgreement agreement) : base(setting)
    {
        (this.options, this.agreement, parts) = (options, agreement, new StepParts(options));
        source = setting.Source as IPartedSource<TBatch> ?? throw new ArgumentException(
            $"Distributed is set, but the batch source {setting.Source.GetType().Name} gives all batches to everybody: let it implement "
            + $"{nameof(IPartedSource<TBatch>)}.");
        gradients = new FlatGradients(setting.Optimizer.Slots, options.TreeLevels);
    }

    /// <inheritdoc/>
    public override void Begin()
    {
        gradients.Clear();
        agreement.Agree([]);
    }

    /// <inheritdoc/>
    public override IEnumerable<TBatch> Read(int epoch, int first, CancellationToken cancellation)
        => source.Read(epoch, parts.Own(first, Setting.Plan.Batches(epoch), Setting.Options.AccumulationSteps), cancellation);

    /// <inheritdoc/>
    public override (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate)
    {
        var own = new EpochSums[parts.Count];
        Exception? fault = null;
        gradients.Clear();
        try
        {
            Sum(0, parts.Count, 0);
        }
        catch (Exception e) when (e is TrainingDivergedException or ReversibilityException)
        {
            fault = e; // thrown by all ranks alike, once they know
        }

        var reports = agreement.Agree([.. own.Select(sums => sums ?? new EpochSums())],
            fault is null ? null : RankReport.StepFault.Of(fault));
        var rank = reports.ToList().FindIndex(report => report.Fault is not null);
        if (rank >= 0) throw rank == options.Ranks.Rank ? fault! : Fault(reports[rank].Fault!);

        gradients.Sum(options.Ranks, options.Sums);
        var step = new GatheredStep { Unit = 1 };
        foreach (var sums in reports.SelectMany(report => report.Parts)) step.Sums.Add(sums);
        return (step, Apply(step, rate));

        void Sum(int first, int count, int level)
        {
            if (count == 1)
            {
                own[first] = Part(ahead, parts.First + first, batches);
                return;
            }

            Sum(first, count / 2, level + 1);
            gradients.Wait(level);
            Sum(first + count / 2, count / 2, level + 1);
            gradients.Join(level);
        }
    }

    public override void Dispose() => gradients.Dispose();

    /// <summary>Gathers the gradients of one part, batch by batch.</summary>
    private EpochSums Part(Prefetch<TBatch> ahead, int part, int batches)
    {
        var (first, count) = parts.Of(part, batches);
        // Not that of the first batch, which other ranks do not know: gradients are sums over items until the step is whole.
        var step = new GatheredStep { Unit = 1 };
        for (var batch = 0; batch < first; batch++) step.Rows += source.Rows(State.Epoch, State.BatchInEpoch + batch);
        for (var i = 0; i < count; i++)
        {
            if (!TryTake(ahead, first + i, out var batch))
                throw new InvalidOperationException("A run over several ranks was stopped within a step, where ranks do not agree on it.");
            using (batch as IDisposable) Accumulate(batch, step);
        }

        return step.Sums;
    }

    private Exception Fault(RankReport.StepFault fault)
        => fault.Message is { } message ? new ReversibilityException(message, fault.Block) : Diverged("loss", fault.Loss);
}
