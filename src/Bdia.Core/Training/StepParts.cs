using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>Which batches of a step are whose: parts are the same for any number of ranks, and each rank has as many neighbours of
/// them.</summary>
internal readonly record struct StepParts(DistributedOptions Options)
{
    /// <summary>The first part of this rank.</summary>
    public int First => Options.Ranks.Rank * Options.OwnParts;

    /// <summary>The parts of this rank.</summary>
    public int Count => Options.OwnParts;

    /// <summary>Numbers, in their step, of the batches of a part. Steps of fewer batches than parts leave parts empty, spread over the
    /// ranks.</summary>
    /// <param name="part">0 for the first of all.</param>
    /// <param name="batches">Batches of the step.</param>
    public (int First, int Count) Of(int part, int batches)
    {
        var first = (int)((long)part * batches / Options.Parts);
        return (first, (int)((part + 1L) * batches / Options.Parts) - first);
    }

    /// <summary>Numbers, in their epoch, of the batches of a rank from one on, which begins a step.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="first">The first batch of all that are left.</param>
    /// <param name="batches">Batches of the epoch.</param>
    /// <param name="perStep">Batches of a whole step.</param>
    public IReadOnlyList<int> Of(int rank, int first, int batches, int perStep)
    {
        var (own, part) = (new List<int>(), (long)rank * Count);
        for (var step = first; step < batches; step += perStep)
        {
            var count = Math.Min(perStep, batches - step);
            var (from, to) = ((int)(part * count / Options.Parts), (int)((part + Count) * count / Options.Parts));
            for (var batch = from; batch < to; batch++) own.Add(step + batch);
        }

        return own;
    }
}
