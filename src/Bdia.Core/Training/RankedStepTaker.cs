using System.Runtime.ExceptionServices;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>
/// Takes steps that several processes share. The batches of a step are dealt to a fixed number of parts, and each rank takes equally many
/// of them. What differs is when gradients of the parts are added up and applied.
/// </summary>
internal abstract class RankedStepTaker<TBatch> : StepTaker<TBatch>
{
    private readonly IPartedSource<TBatch> source;
    private readonly RankAgreement agreement;

    /// <exception cref="ArgumentException">The source cannot be read in parts.</exception>
    protected RankedStepTaker(StepSetting<TBatch> setting, DistributedOptions shared, RankAgreement agreement) : base(setting)
    {
        (Shared, this.agreement, Parts) = (shared, agreement, new StepParts(shared));
        source = setting.Source as IPartedSource<TBatch> ?? throw new ArgumentException(
            $"Distributed is set, but the batch source {setting.Source.GetType().Name} gives all batches to everybody: let it implement "
            + $"{nameof(IPartedSource<TBatch>)}.");
    }

    protected DistributedOptions Shared { get; }

    protected StepParts Parts { get; }

    /// <inheritdoc/>
    public override void Begin() => agreement.Agree([]);

    /// <inheritdoc/>
    public override void BeginEpoch(int epoch, int first) => (source as IRankedRows)?.Gather(epoch,
        [.. Enumerable.Range(0, Shared.Ranks.Size).Select(rank => Batches(epoch, first, rank))]);

    /// <inheritdoc/>
    public override IEnumerable<TBatch> Read(int epoch, int first, CancellationToken cancellation)
        => source.Read(epoch, Batches(epoch, first, Shared.Ranks.Rank), cancellation);

    private IReadOnlyList<int> Batches(int epoch, int first, int rank)
        => Parts.Of(rank, first, Setting.Plan.Batches(epoch), Setting.Options.AccumulationSteps);

    /// <summary>The sums of this rank's parts, of which there are none yet.</summary>
    protected EpochSums[] NoSums() => [.. Enumerable.Range(0, Parts.Count).Select(_ => new EpochSums())];

    /// <summary>A step that begins with a part: what the rows before it count.</summary>
    /// <param name="before">Batches of the step before it.</param>
    protected GatheredStep StepFrom(int before)
    {
        // Not the unit of the first batch, which other ranks do not know: gradients are sums over items until the step is whole.
        var step = new GatheredStep { Unit = 1 };
        for (var batch = 0; batch < before; batch++) step.Rows += source.Rows(State.Epoch, State.BatchInEpoch + batch);
        return step;
    }

    /// <summary>The next batch of this rank.</summary>
    /// <param name="ahead">Gives it.</param>
    /// <param name="number">Its number in the step.</param>
    protected TBatch Take(Prefetch<TBatch> ahead, int number) => TryTake(ahead, number, out var batch) ? batch
        : throw new InvalidOperationException("A run over several ranks was stopped within a step, where ranks do not agree on it.");

    /// <summary>Tells the other ranks how the step went here, and hears it of them.</summary>
    /// <param name="own">Sums of this rank's parts.</param>
    /// <param name="fault">What this rank has met; null where nothing.</param>
    /// <returns>The step over all ranks.</returns>
    /// <remarks>Where any rank has met a fault, all throw: that of the first of them, or their own.</remarks>
    protected GatheredStep Agree(IReadOnlyList<EpochSums> own, Exception? fault)
    {
        var reports = agreement.Agree(own, fault is null ? null : RankReport.StepFault.Of(fault));
        if (fault is not null) ExceptionDispatchInfo.Throw(First(reports) ?? fault);
        if (First(reports) is { } other) throw other;
        var step = new GatheredStep { Unit = 1 };
        foreach (var part in reports.SelectMany(report => report.Parts)) step.Sums.Add(part);
        return step;
    }

    /// <summary>Lets stacks tell an observer how they go back; null: nobody.</summary>
    protected void Watch(IBlockObserver? observer)
    {
        foreach (var stack in Setting.Task.Stacks) stack.Observer = observer;
    }

    /// <summary>
    /// The fault of the first rank that has met one, which all throw: a fault in numbers as it is, others by their reason; null where there
    /// is none, or it is an exception of this rank's own.
    /// </summary>
    private Exception? First(IReadOnlyList<RankReport> reports)
    {
        for (var rank = 0; rank < reports.Count; rank++)
        {
            if (reports[rank].Fault is not { } fault) continue;
            return fault.Kind switch
            {
                RankReport.FaultKind.Loss => Diverged("loss", fault.Loss),
                RankReport.FaultKind.Reversibility => new ReversibilityException(fault.Message, fault.Block),
                _ => rank == Shared.Ranks.Rank ? null : DistributedException.Failed(Shared.Ranks.Rank, rank, fault.Message),
            };
        }

        return null;
    }
}
