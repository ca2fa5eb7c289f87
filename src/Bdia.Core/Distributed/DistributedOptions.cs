using System.Numerics;
using System.Text.Json.Serialization;
using Bdia.Core.Common;

namespace Bdia.Core.Distributed;

/// <summary>Training that is shared among several processes, each with a copy of the network and with a part of the rows of every
/// step.</summary>
/// <remarks>
/// Every process runs the same program on the same data. A step is cut into <see cref="Parts"/> whatever the number of processes, each rank
/// takes equally many of them, and their gradients are added over a fixed binary tree: 1, 2, 4 or 8 processes end with the same bytes.
/// </remarks>
public sealed record DistributedOptions
{
    /// <summary>The most parts of a step.</summary>
    internal const int MostParts = 64;

    /// <summary>The processes of the run. Default <see cref="RankGroup.Alone"/>: this one, with the bits of any number of them.</summary>
    [JsonIgnore]
    public RankGroup Ranks { get; init; } = RankGroup.Alone;

    /// <summary>
    /// Parts of a step, a power of two, 1..64: at most so many processes can share it. The rows of a step are those of no parts, and
    /// mixup takes its partners within a part. Default 8. Runs of different parts have different last bits.
    /// </summary>
    public int Parts { get; init; } = 8;

    /// <summary>In which order gradients of several ranks are added. Default <see cref="SumOrder.Tree"/>.</summary>
    public SumOrder Sums { get; init; } = SumOrder.Tree;

    /// <summary>
    /// Whether each rank keeps the optimizer's moments of its part of the weights alone, takes the steps of these, and gives them to the
    /// others. The bytes are the same, checkpoints as well: a run may go on without it, and with another number of ranks. Default false.
    /// </summary>
    /// <remarks>
    /// Moments take a rank the n-th part of their memory, up to the size of one weight matrix; so does the time of the step. Gradients
    /// then travel once, and weights once, behind the step and not under the backward pass. Rank 0 holds all moments while it writes
    /// or reads a checkpoint.
    /// </remarks>
    [JsonIgnore]
    public bool ShardOptimizer { get; init; }

    /// <summary>Whether there are ranks among which moments are shared.</summary>
    internal bool SharesMoments => ShardOptimizer && Ranks.Size > 1;

    /// <summary>Parts that each rank takes of a step.</summary>
    internal int OwnParts => Parts / Ranks.Size;

    /// <summary>Copies of all gradients that a rank keeps besides its own while it adds up its parts: one for each level of its
    /// tree.</summary>
    internal int TreeLevels => BitOperations.Log2((uint)OwnParts);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Parts is >= 1 and <= MostParts && BitOperations.IsPow2(Parts), $"Distributed.{nameof(Parts)}", Parts,
            $"a power of two, 1..{MostParts}");
        faults.Require(Enum.IsDefined(Sums), $"Distributed.{nameof(Sums)}", Sums, "Tree or Library");
        faults.Require(Ranks.Size <= Parts && BitOperations.IsPow2(Ranks.Size), "The number of ranks", Ranks.Size,
            $"a power of two and at most Distributed.{nameof(Parts)}, {Parts}, so that each takes equally many parts of a step");
        faults.Require(Sums != SumOrder.Library || Ranks.Size == 1 || Ranks.HasSum, $"Distributed.{nameof(Sums)}", Sums,
            "Tree where the transport has no sum of its own");
    }
}
