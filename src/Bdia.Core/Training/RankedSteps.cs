using System.Runtime.ExceptionServices;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>
/// Steps that several processes share. The batches of a step are dealt to a fixed number of parts, each rank takes equally many of them,
/// and the gradients of the parts are added over a fixed binary tree, ((0 + 1) + (2 + 3)) + ...: the lower levels here, the upper ones
/// between ranks. So the bits of a step do not depend on how many ranks there are.
/// </summary>
/// <remarks>
/// In the backward pass of a rank's last batch, the gradients of a block are whole when the pass goes on to the block below, and travel
/// while it does. A rank that meets a fault within a step still takes part in its sums, and tells the others afterwards: nobody waits for
/// it.
/// </remarks>
internal sealed class RankedSteps<TBatch> : StepTaker<TBatch>, IBlockObserver
{
    private readonly DistributedOptions options;
    private readonly IPartedSource<TBatch> source;
    private readonly RankAgreement agreement;
    private readonly StepParts parts;
    private readonly GradientRanges ranges;
    private readonly FlatGradients gradients;
    private readonly RankSums? sums; // null where there are no others
    private readonly bool[] joined;

    /// <exception cref="ArgumentException">The source cannot be read in parts.</exception>
    public RankedSteps(StepSetting<TBatch> setting, DistributedOptions options, RankAgreement agreement) : base(setting)
    {
        (this.options, this.agreement, parts) = (options, agreement, new StepParts(options));
        source = setting.Source as IPartedSource<TBatch> ?? throw new ArgumentException(
            $"Distributed is set, but the batch source {setting.Source.GetType().Name} gives all batches to everybody: let it implement "
            + $"{nameof(IPartedSource<TBatch>)}.");
        ranges = new GradientRanges(setting.Optimizer, setting.Task.Stacks);
        gradients = new FlatGradients(ranges.Slots, options.TreeLevels);
        joined = new bool[gradients.Ranges];
        if (options.Ranks.Size > 1) sums = new RankSums(gradients, options);
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
        var own = Enumerable.Range(0, parts.Count).Select(_ => new EpochSums()).ToArray();
        Exception? fault = null;
        gradients.Clear();
        Array.Clear(joined);
        sums?.Begin();
        try
        {
            Sum(0, parts.Count, 0);
        }
        catch (Exception e)
        {
            fault = e; // told when the sums are done, which others wait for
        }

        for (var range = 0; range < joined.Length; range++) Join(range);
        sums?.Wait();
        var reports = agreement.Agree(own, fault is null ? null : RankReport.StepFault.Of(fault));
        if (fault is not null) ExceptionDispatchInfo.Throw(First(reports) ?? fault);
        if (First(reports) is { } other) throw other;

        var step = new GatheredStep { Unit = 1 };
        foreach (var part in reports.SelectMany(report => report.Parts)) step.Sums.Add(part);
        return (step, Apply(step, rate));

        void Sum(int first, int count, int level)
        {
            if (count == 1)
            {
                own[first] = Part(ahead, parts.First + first, batches, isLast: first == parts.Count - 1);
                return;
            }

            Sum(first, count / 2, level + 1);
            gradients.Wait(level);
            Sum(first + count / 2, count / 2, level + 1);
            if (first + count < parts.Count) gradients.Join(level); // else range by range
        }
    }

    public override void Dispose()
    {
        sums?.Dispose();
        gradients.Dispose();
    }

    void IBlockObserver.BeforePass(Residual last)
    {
    }

    void IBlockObserver.BeforeBackward(Residual block)
    {
    }

    void IBlockObserver.AfterBackward(Residual block)
    {
        if (ranges.Of(block) is { } range) Join(range);
    }

    // This rank's part of a range is whole.
    private void Join(int range)
    {
        if (joined[range]) return;
        joined[range] = true;
        gradients.JoinAll(range);
        sums?.Ready(range);
    }

    /// <summary>Gathers the gradients of one part, batch by batch.</summary>
    private EpochSums Part(Prefetch<TBatch> ahead, int part, int batches, bool isLast)
    {
        var (first, count) = parts.Of(part, batches);
        // Not that of the first batch, which other ranks do not know: gradients are sums over items until the step is whole.
        var step = new GatheredStep { Unit = 1 };
        for (var batch = 0; batch < first; batch++) step.Rows += source.Rows(State.Epoch, State.BatchInEpoch + batch);
        for (var i = 0; i < count; i++)
        {
            if (!TryTake(ahead, first + i, out var batch))
                throw new InvalidOperationException("A run over several ranks was stopped within a step, where ranks do not agree on it.");
            using (batch as IDisposable) Accumulate(batch, step, isLast && i == count - 1 && sums is not null);
        }

        return step.Sums;
    }

    private void Accumulate(TBatch batch, GatheredStep step, bool watched)
    {
        foreach (var stack in Setting.Task.Stacks) stack.Observer = watched ? this : null;
        try
        {
            Accumulate(batch, step);
        }
        finally
        {
            foreach (var stack in Setting.Task.Stacks) stack.Observer = null;
        }
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
                _ => rank == options.Ranks.Rank ? null : DistributedException.Failed(options.Ranks.Rank, rank, fault.Message),
            };
        }

        return null;
    }
}
