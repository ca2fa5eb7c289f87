using Bdia.Core.Distributed;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// The gradients of all parameters in one stretch of memory, and as many more of them as a tree of sums has levels: what ranks add up is
/// one array of numbers.
/// </summary>
internal sealed class FlatGradients : IDisposable
{
    private readonly AdamWSlot[] slots;
    private readonly Tensor all;
    private readonly Tensor[] places, waiting;

    /// <param name="slots">The parameters; all on one device.</param>
    /// <param name="levels">Sums that may wait for their right neighbours at one time.</param>
    public FlatGradients(IReadOnlyList<AdamWSlot> slots, int levels)
    {
        this.slots = [.. slots.Where(slot => slot.Parameter.requires_grad)];
        using var scope = NewDisposeScope();
        var (length, device) = (BlockGradients.Length(this.slots), this.slots.Length > 0 ? this.slots[0].Parameter.device : CPU);
        all = zeros(length, float32, device).DetachFromDisposeScope();
        waiting = [.. Enumerable.Range(0, levels).Select(_ => zeros(length, float32, device).DetachFromDisposeScope())];
        places = new Tensor[this.slots.Length];
        long start = 0;
        for (var i = 0; i < places.Length; i++)
        {
            var parameter = this.slots[i].Parameter;
            places[i] = all.narrow(0, start, parameter.numel()).view(parameter.shape).DetachFromDisposeScope();
            start += parameter.numel();
        }
    }

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

    /// <summary>Adds up the gradients of all ranks.</summary>
    public void Sum(RankGroup ranks, SumOrder order)
    {
        if (ranks.Size == 1) return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var copy = all.to(CPU); // itself, where it is there
        ranks.Sum(copy, order);
        all.copy_(copy);
    }

    public void Dispose()
    {
        all.Dispose();
        foreach (var tensor in places.Concat(waiting)) tensor.Dispose();
    }
}
