using System.Numerics;
using System.Runtime.ExceptionServices;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Steps that several processes share, within the backward pass of the last part of each: the gradients of a block travel while the block
/// below is worked on, and its weights are updated before the next one's gradients take the memory. Weights and moments are those of
/// <see cref="RankedSteps{TBatch}"/>, bit for bit.
/// </summary>
/// <remarks>
/// What all items together weigh is known when every rank has the loss of its last part: ranks agree on it before they go back. A fault up
/// to there changes no weight. Clipping must know the norm of all gradients, and takes a pass of its own for it.
/// </remarks>
internal sealed class RankedBackwardSteps<TBatch> : RankedStepTaker<TBatch>, IBlockObserver
{
    private readonly GradientRanges ranges;
    private readonly PassingGradients gradients;
    private readonly RankSums? sums; // null where there are no others
    private readonly Queue<int> travelling = [];
    private readonly IReadOnlyList<double>[] squares; // by parameter
    private readonly int levels;
    private AdamWStep? numbers;
    private Exception? fault;
    private int part, next;
    private bool isFinite;

    /// <exception cref="ArgumentException">The source cannot be read in parts.</exception>
    public RankedBackwardSteps(StepSetting<TBatch> setting, DistributedOptions shared, RankAgreement agreement)
        : base(setting, shared, agreement)
    {
        levels = shared.TreeLevels;
        ranges = new GradientRanges(setting.Optimizer, setting.Task.Stacks);
        // With others, a second block's: the first one's travel.
        gradients = new PassingGradients(setting.Optimizer, ranges.Slots, levels, blocksAtOnce: shared.Ranks.Size > 1 ? 2 : 1);
        squares = new IReadOnlyList<double>[Optimizer.Slots.Count];
        if (shared.Ranks.Size > 1) sums = new RankSums(shared.Ranks, ranges.Slots.Count,
            range => FlatGradients.OnCpu(gradients.Passing(range).Values, values => shared.Ranks.Sum(values, shared.Sums)));
    }

    private bool IsLast => part == Parts.Count - 1;

    /// <inheritdoc/>
    public override (GatheredStep Step, double Norm)? Take(Prefetch<TBatch> ahead, int batches, double rate)
    {
        var held = new Dictionary<int, TBatch>(); // both passes need them
        try
        {
            var clip = 1.0;
            if (Setting.Options.ClipNorm > 0)
            {
                var measured = Pass(Batch, batches, _ => null);
                clip = Clip(Finite(measured.Norm * Mean(measured.Step)));
            }

            var (step, norm) = Pass(Batch, batches, step => Optimizer.Numbers(State.Step + 1, rate, Mean(step) * clip));
            return (step, Finite(norm * Mean(step)));
        }
        finally
        {
            foreach (var batch in held.Values) (batch as IDisposable)?.Dispose();
        }

        TBatch Batch(int number)
        {
            if (!held.TryGetValue(number, out var batch)) held.Add(number, batch = Take(ahead, number));
            return batch;
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

    void IBlockObserver.BeforeBackward(Residual block) => Guarded(block, range =>
    {
        if (range < next)
            throw new InvalidOperationException($"The backward pass came to block {block.GetName()} twice, or later than to blocks before "
                + "it. With OptimizerInBackward, blocks must come once, from the last one on: set it to false for this network.");
        while (next < range) Pass(next); // which the loss does not depend on
        if (gradients.Passing(range).Present().FirstOrDefault() is { } name)
            throw new InvalidOperationException($"Parameter {name} has a gradient from outside of its block as well. The optimizer can "
                + "serve a block within the backward pass only if nothing else uses its weights: set OptimizerInBackward to false.");
        Come(range);
    });

    void IBlockObserver.AfterBackward(Residual block) => Guarded(block, Leave);

    private static double Mean(GatheredStep step) => 1 / step.Sums.Weight; // makes gradients the mean over all items

    /// <summary>One forward and one backward pass of this rank's parts.</summary>
    /// <param name="batch">Gives a batch of the step by its number.</param>
    /// <param name="batches">Batches of the step.</param>
    /// <param name="of">What the optimizer does with the step, of whose gradients nothing is known yet; null: nothing.</param>
    /// <returns>The step, and the norm of its gradients as they are; not finite where one of them is not, and then blocks above it alone
    /// have been updated.</returns>
    private (GatheredStep Step, double Norm) Pass(Func<int, TBatch> batch, int batches, Func<GatheredStep, AdamWStep?> of)
    {
        using var scope = NewDisposeScope();
        var (own, loss, met) = (NoSums(), (Tensor?)null, (Exception?)null);
        (fault, numbers, isFinite) = (null, null, true);
        try
        {
            for (part = 0; part < Parts.Count; part++)
            {
                using var inner = IsLast ? null : NewDisposeScope();
                loss = Forward(batch, batches, own);
                if (!IsLast) Gather(loss);
            }
        }
        catch (Exception e)
        {
            met = e;
        }

        var step = Agree(own, met);
        (part, numbers) = (Parts.Count - 1, of(step));
        Array.Fill(squares, []);
        sums?.Begin();
        try
        {
            BackByBlocks(loss);
        }
        catch (Exception e)
        {
            met = e; // told when the sums are done, which others wait for
            gradients.ReleaseAll();
        }

        while (next < ranges.Slots.Count) Pass(next);
        while (travelling.Count > 0) Arrive();
        Agree([], met);
        return (step, isFinite ? AdamWGradients.Norm(squares) : double.NaN);
    }

    // The loss of the part; null where it has no batch.
    private Tensor? Forward(Func<int, TBatch> batch, int batches, EpochSums[] own)
    {
        var (first, count) = Parts.Of(Parts.First + part, batches);
        var step = StepFrom(first);
        var loss = count == 0 ? null : Forward(batch(first), step);
        own[part] = step.Sums;
        return loss;
    }

    /// <summary>
    /// Goes back through a part whose gradients wait for those of parts to come. A left leaf of the tree needs all of them at once; a
    /// right one adds them to its neighbour's block by block.
    /// </summary>
    private void Gather(Tensor? loss)
    {
        if (part % 2 == 0)
        {
            gradients.TakeAll(levels - 1);
            if (loss is not null) Backward(loss);
            gradients.ReleaseAll();
        }
        else
        {
            BackByBlocks(loss);
            while (next < ranges.Slots.Count) Pass(next);
        }

        // As far up as sums are whole: of 2, 4, 8, ... parts.
        for (var height = 1; height <= BitOperations.TrailingZeroCount(part + 1); height++)
            if (height < levels) gradients.Rise(levels - height, joins: ((part + 1) >> height) % 2 == 0);
    }

    private void BackByBlocks(Tensor? loss)
    {
        next = 0;
        gradients.Passing(ranges.Slots.Count - 1).Take();
        Watch(this);
        try
        {
            if (loss is not null) Backward(loss);
        }
        catch (Exception) when (fault is not null)
        {
            ExceptionDispatchInfo.Throw(fault); // libtorch carries no managed exception through a backward pass
        }
        finally
        {
            Watch(null);
        }
    }

    // A range without gradients of its own, or that outside of blocks.
    private void Pass(int range)
    {
        if (range < ranges.Slots.Count - 1) Come(range);
        Leave(range);
    }

    private void Come(int range)
    {
        while (IsLast && gradients.Before(range) is { } before && travelling.TryPeek(out var oldest) && oldest <= before) Arrive();
        gradients.Passing(range).Take();
    }

    // The gradients of a range are whole on this rank.
    private void Leave(int range)
    {
        next = range + 1;
        gradients.Passing(range).Release();
        if (!IsLast)
        {
            gradients.AddTo(levels - 1, range);
            return;
        }

        gradients.Join(range);
        travelling.Enqueue(range);
        if (sums is null) Arrive();
        else sums.Ready(range);
    }

    // Those of the range that was sent first are whole over all ranks.
    private void Arrive()
    {
        var range = travelling.Dequeue();
        sums?.WaitForNext();
        var passing = gradients.Passing(range);
        passing.Give();
        using (var whole = passing.Gradients())
        {
            var (slots, of) = (gradients.Slots[range], whole.SumsOfSquares());
            for (var i = 0; i < of.Length; i++) squares[slots[i]] = of[i];
            isFinite &= double.IsFinite(AdamWGradients.Norm(of));
            if (isFinite && numbers is { } step) whole.Update(step);
        }

        passing.Release();
    }

    private void Guarded(Residual block, Action<int> action)
    {
        try
        {
            if (ranges.Of(block) is { } range) action(range);
        }
        catch (Exception fault)
        {
            this.fault = fault;
            throw;
        }
    }
}
