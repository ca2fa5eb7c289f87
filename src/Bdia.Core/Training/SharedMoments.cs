using System.Runtime.InteropServices;
using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>What ranks that each keep a part of the moments do together.</summary>
internal static class SharedMoments
{
    /// <summary>The norm of all gradients, of which each rank has those of its own parameters: the bits of
    /// <see cref="AdamW.GradientNorm"/>.</summary>
    public static double Norm(AdamW optimizer, OptimizerShares shares)
    {
        var ranks = shares.Ranks;
        var own = optimizer.Slots.Where(slot => shares.IsOwn(slot.Number)).ToArray();
        IReadOnlyList<double>[] sums;
        using (var gradients = optimizer.Gradients(own)) sums = gradients.SumsOfSquares();
        double[] told = [.. sums.SelectMany(each => (double[])[each.Count, .. each])];
        var all = ranks.Await(() => ranks.Gather(MemoryMarshal.AsBytes<double>(told)));

        var at = new int[ranks.Size];
        return AdamWGradients.Norm(optimizer.Slots.Select(slot =>
        {
            var owner = shares.Owner(slot.Number);
            var values = MemoryMarshal.Cast<byte, double>(all[owner].AsSpan());
            var count = (int)values[at[owner]];
            at[owner] += 1 + count;
            return (IReadOnlyList<double>)values.Slice(at[owner] - count, count).ToArray();
        }));
    }

    /// <summary>Brings all moments to rank 0.</summary>
    /// <returns>On rank 0, the slots that have those of others, to be disposed; none on others.</returns>
    public static IReadOnlyList<AdamWSlot> ToFirst(AdamW optimizer, OptimizerShares shares)
    {
        var ranks = shares.Ranks;
        var brought = new List<AdamWSlot>();
        try
        {
            foreach (var slot in optimizer.Slots)
            {
                var owner = shares.Owner(slot.Number);
                if (owner == 0 || !ranks.IsFirst && owner != ranks.Rank) continue;
                if (!ranks.IsFirst)
                {
                    foreach (var (_, moment) in slot.State) RankTensors.Send(ranks, 0, moment);
                    continue;
                }

                brought.Add(slot.Kept());
                foreach (var (_, moment) in brought[^1].State) RankTensors.Receive(ranks, owner, moment);
            }
        }
        catch
        {
            foreach (var slot in brought) slot.Dispose();
            throw;
        }

        return brought;
    }
}
