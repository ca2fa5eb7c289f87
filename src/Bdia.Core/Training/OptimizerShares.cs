using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>
/// Which rank keeps the moments of which parameters, and takes their steps. A parameter has one owner: Muon's steps need matrices as a
/// whole, and a matrix is small beside a network.
/// </summary>
internal sealed class OptimizerShares
{
    private readonly int[] owners;

    private OptimizerShares(RankGroup ranks, int[] owners) => (Ranks, this.owners) = (ranks, owners);

    /// <summary>The ranks.</summary>
    public RankGroup Ranks { get; }

    /// <summary>Deals the parameters to the ranks: the largest first, each to the rank that has least.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="parameters">All of them, in the optimizer's order.</param>
    /// <param name="formats">How the moments of each are kept.</param>
    public static OptimizerShares Of(RankGroup ranks, IReadOnlyList<ParameterGroups.Entry> parameters, IReadOnlyList<MomentFormat> formats)
    {
        var (owners, loads) = (new int[parameters.Count], new long[ranks.Size]);
        foreach (var (number, bytes) in parameters.Select((each, number) => (number, Bytes: Bytes(each, formats[number])))
            .OrderByDescending(each => each.Bytes).ThenBy(each => each.number))
        {
            var owner = Array.IndexOf(loads, loads.Min());
            (owners[number], loads[owner]) = (owner, loads[owner] + bytes);
        }

        return new(ranks, owners);
    }

    /// <summary>Whether this rank keeps the moments of a parameter.</summary>
    public bool IsOwn(int slot) => owners[slot] == Ranks.Rank;

    /// <summary>Which rank does.</summary>
    public int Owner(int slot) => owners[slot];

    /// <summary>Where a parameter lies among those that are summed together, so that those of a rank lie in one piece.</summary>
    public int Place(int slot) => RankShares.Place(owners[slot], Ranks.Size);

    private static long Bytes(ParameterGroups.Entry parameter, MomentFormat format)
        => (parameter.Matrices == 0 ? 2 : 1) * Moment.Bytes(parameter.Parameter.numel(), format);
}
