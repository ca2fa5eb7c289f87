using Bdia.Core.Distributed;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// The gradients of all parameters in one stretch of memory, and as many more of them as a tree of sums has levels: what ranks add up is
/// one array of numbers, in ranges that lie one behind the other.
/// </summary>
internal sealed class FlatGradients : IDisposable
{
    private readonly AdamWSlot[][] trained;
    private readonly AdamWSlot[] slots;
    private readonly OptimizerShares? owners;
    private readonly RankShares[]? shares;
    private readonly Tensor all;
    private readonly Tensor[] places, ranges, waiting;
    private readonly Tensor[][] waitingRanges;

    /// <param name="ranges">The parameters of each range; all on one device.</param>
    /// <param name="levels">Sums that may wait for their right neighbours at one time.</param>
    /// <param name="owners">Whose each parameter is; null where all are everybody's.</param>
    public FlatGradients(IReadOnlyList<IReadOnlyList<AdamWSlot>> ranges, int levels, OptimizerShares? owners = null)
    {
        trained = [.. ranges.Select(range => range.Where(slot => slot.Parameter.requires_grad)
            .OrderBy(slot => owners?.Place(slot.Number) ?? 0).ToArray())];
        slots = [.. trained.SelectMany(range => range)];
        this.owners = owners;
        shares = owners is null ? null : Shares(trained, owners);
        using var scope = NewDisposeScope();
        var (length, device) = (BlockGradients.Length(slots), slots.Length > 0 ? slots[0].Parameter.device : CPU);
        all = zeros(length, float32, device).DetachFromDisposeScope();
        waiting = [.. Enumerable.Range(0, levels).Select(_ => zeros(length, float32, device).DetachFromDisposeScope())];
        this.ranges = Parts(all, trained);
        waitingRanges = [.. waiting.Select(sum => Parts(sum, trained))];
        places = new Tensor[slots.Length];
        long start = 0;
        for (var i = 0; i < places.Length; i++)
        {
            var parameter = slots[i].Parameter;
            places[i] = all.narrow(0, start, parameter.numel()).view(parameter.shape).DetachFromDisposeScope();
            start += parameter.numel();
        }
    }

    /// <summary>Number of ranges.</summary>
    public int Ranges => ranges.Length;

    /// <summary>Gives all parameters a gradient of zero, to be added to.</summary>
    public void Clear()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        all.zero_();
        for (var i = 0; i < places.Length; i++) slots[i].Parameter.grad = places[i];
    }

    /// <summary>Lays the gradients aside until their right neighbours are there, and clears them.</summary>
    /// <param name="level">In which of the places.</param>
    public void Wait(int level)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        waiting[level].copy_(all);
        all.zero_();
    }

    /// <summary>Adds the gradients to those that were laid aside.</summary>
    /// <param name="level">In which of the places.</param>
    public void Join(int level)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        all.PlusInPlace(waiting[level]);
    }

    /// <summary>Adds the gradients of a range to all that were laid aside, the highest level last.</summary>
    public void JoinAll(int range)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var sums in waitingRanges.Reverse()) ranges[range].PlusInPlace(sums[range]);
    }

    /// <summary>Adds up a range over all ranks: whole, or of each parameter at its owner alone.</summary>
    public void Sum(int range, RankGroup ranks, SumOrder order) => OnCpu(ranges[range], values =>
    {
        if (shares is not null && order == SumOrder.Tree) shares[range].Sum(values);
        else ranks.Sum(values, order);
    });

    /// <summary>The parameters of a range that this rank takes the steps of.</summary>
    public IReadOnlyList<AdamWSlot> Own(int range)
        => owners is null ? trained[range] : [.. trained[range].Where(slot => owners.IsOwn(slot.Number))];

    /// <summary>Lays this rank's weights of a range where their gradients were, which have served.</summary>
    public void PutWeights(int range) => ForEachPlace(range, isOwn: true, (parameter, place) => place.copy_(parameter));

    /// <summary>Gives all ranks the weights of a range that each has put there.</summary>
    public void GatherWeights(int range) => OnCpu(ranges[range], shares![range].Gather);

    /// <summary>Takes the weights of other ranks from there.</summary>
    public void TakeWeights(int range) => ForEachPlace(range, isOwn: false, (parameter, place) => parameter.copy_(place));

    private void ForEachPlace(int range, bool isOwn, Action<Tensor, Tensor> action)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var first = trained[..range].Sum(each => each.Length);
        for (var i = first; i < first + trained[range].Length; i++)
            if (owners!.IsOwn(slots[i].Number) == isOwn) action(slots[i].Parameter, places[i]);
    }

    /// <summary>Does something with numbers in memory that messages can be made of, whatever the device that they are on.</summary>
    public static void OnCpu(Tensor values, Action<Tensor> action)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var copy = values.to(CPU); // itself, where it is there
        action(copy);
        values.copy_(copy);
    }

    public void Dispose()
    {
        foreach (var tensor in places.Concat(ranges).Concat(waitingRanges.SelectMany(sums => sums)).Concat(waiting)) tensor.Dispose();
        all.Dispose();
    }

    private static RankShares[] Shares(AdamWSlot[][] ranges, OptimizerShares owners)
    {
        var room = RankShares.MakeRoom();
        return [.. ranges.Select(range => new RankShares(owners.Ranks, [.. Enumerable.Range(0, owners.Ranks.Size)
            .Select(rank => BlockGradients.Length(range.Where(slot => owners.Owner(slot.Number) == rank)))], room))];
    }

    private static Tensor[] Parts(Tensor whole, AdamWSlot[][] ranges)
    {
        var (parts, start) = (new Tensor[ranges.Length], 0L);
        for (var i = 0; i < parts.Length; i++)
        {
            var length = BlockGradients.Length(ranges[i]);
            parts[i] = whole.narrow(0, start, length).DetachFromDisposeScope();
            start += length;
        }

        return parts;
    }
}
