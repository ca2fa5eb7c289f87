using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>
/// Steps over the gradients of all parameters, of which each rank has gathered its parts. They are added over a fixed binary tree of the
/// parts, ((0 + 1) + (2 + 3)) + ...: the lower levels here, the upper ones between ranks. So the bits of a step do not depend on how many
/// ranks there are.
/// </summary>
/// <remarks>
/// In the backward pass of a rank's last batch, the gradients of a block are whole when the pass goes on to the block below, and travel
/// while it does. A rank that meets a fault within a step still takes part in its sums, and tells the others afterwards: nobody waits for
/// it.
/// </remarks>
internal sealed class RankedSteps<TBatch> : RankedStepTaker<TBatch>, IBlockObserver
{
    private readonly GradientRanges ranges;
    private readonly FlatGradients gradients;
    private readonly RankSums? sums; // null where there are no others
    private readonly RankSums? weights; // where each rank takes the steps of its own parameters
    private readonly bool[] joined;

    /// <exception cref="ArgumentException">The source cannot be read in parts.</exception>
    public RankedSteps(StepSetting<TBatch> setting, DistributedOptions shared, RankAgreement agreement) : base(setting, shared, agreement)
    {
        ranges = new GradientRanges(setting.Optimizer, setting.Task.Stacks);
        gradients = new FlatGradients(ranges.Slots, shared.TreeLevels, Optimizer.Shares);
        joined = new bool[gradients.Ranges];
        if (shared.Ranks.Size > 1)
            sums = new RankSums(shared.Ranks, gradients.Ranges, range => gradients.Sum(range, shared.Ranks, shared.Sums));
        if (Optimizer.Shares is not null) weights = new RankSums(shared.Ranks, gradients.Ranges, gradients.GatherWeights);
    }

    /// <inheritdoc/>
    public override void Begin()
    {
        gradients.Clear();
        base.Begin();
    }

    /// <inheritdoc/>
    public override (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate)
    {
        var own = NoSums();
        Exception? fault = null;
        gradients.Clear();
        Array.Clear(joined);
        sums?.Begin();
        try
        {
            Sum(0, Parts.Count, 0);
        }
        catch (Exception e)
        {
            fault = e; // told when the sums are done, which others wait for
        }

        for (var range = 0; range < joined.Length; range++) Join(range);
        sums?.Wait();
        var step = Agree(own, fault);
        return (step, Apply(step, rate));

        void Sum(int first, int count, int level)
        {
            if (count == 1)
            {
                own[first] = Part(ahead, Parts.First + first, batches, isLast: first == Parts.Count - 1);
                return;
            }

            Sum(first, count / 2, level + 1);
            gradients.Wait(level);
            Sum(first + count / 2, count / 2, level + 1);
            if (first + count < Parts.Count) gradients.Join(level); // else range by range
        }
    }

    protected override double GradientNorm() => Optimizer.Shares is { } shares ? SharedMoments.Norm(Optimizer, shares)
        : base.GradientNorm();

    /// <summary>Where ranks share the moments, the weights of a range travel while the steps of the next one are taken.</summary>
    protected override void Update(AdamWStep numbers)
    {
        if (weights is null)
        {
            base.Update(numbers);
            return;
        }

        weights.Begin();
        for (var range = 0; range < gradients.Ranges; range++)
        {
            using (var own = Optimizer.Gradients(gradients.Own(range))) own.Update(numbers);
            gradients.PutWeights(range);
            weights.Ready(range);
        }

        weights.Wait();
        for (var range = 0; range < gradients.Ranges; range++) gradients.TakeWeights(range);
    }

    public override void Dispose()
    {
        weights?.Dispose();
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
        var (first, count) = Parts.Of(part, batches);
        var step = StepFrom(first);
        for (var i = 0; i < count; i++)
        {
            var batch = Take(ahead, first + i);
            using (batch as IDisposable) Accumulate(batch, step, isLast && i == count - 1 && sums is not null);
        }

        return step.Sums;
    }

    private void Accumulate(TBatch batch, GatheredStep step, bool watched)
    {
        Watch(watched ? this : null);
        try
        {
            Accumulate(batch, step);
        }
        finally
        {
            Watch(null);
        }
    }
}
