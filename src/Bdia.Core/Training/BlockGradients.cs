using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The weights of one block, and a place for their gradients in memory that all blocks use in turn.</summary>
internal sealed class BlockGradients : IDisposable
{
    private readonly AdamW optimizer;
    private readonly AdamWSlot[] slots;
    private readonly Tensor memory;
    private readonly Tensor[] places;

    /// <param name="optimizer">The optimizer whose parameters the slots are.</param>
    /// <param name="slots">Numbers of the block's parameters in the optimizer.</param>
    /// <param name="memory">At least as many elements as the block has weights.</param>
    public BlockGradients(AdamW optimizer, IReadOnlyList<int> slots, Tensor memory)
    {
        this.optimizer = optimizer;
        Slots = slots;
        this.slots = [.. slots.Select(slot => optimizer.Slots[slot])];
        using var scope = NewDisposeScope();
        this.memory = memory.narrow(0, 0, Length(this.slots)).DetachFromDisposeScope();
        places = new Tensor[this.slots.Length];
        long start = 0;
        for (var i = 0; i < places.Length; i++)
        {
            var parameter = this.slots[i].Parameter;
            places[i] = memory.narrow(0, start, parameter.numel()).view(parameter.shape).DetachFromDisposeScope();
            start += parameter.numel();
        }
    }

    /// <summary>Numbers of the block's parameters in the optimizer.</summary>
    public IReadOnlyList<int> Slots { get; }

    /// <summary>Number of weights.</summary>
    public static long Length(IEnumerable<AdamWSlot> slots) => slots.Sum(slot => slot.Parameter.numel());

    /// <summary>Names of parameters that have a gradient now.</summary>
    public IEnumerable<string> Present()
    {
        foreach (var slot in slots)
        {
            using var gradient = slot.Parameter.grad;
            if (gradient is not null) yield return slot.Name;
        }
    }

    /// <summary>Gives all weights a gradient of zero, to be added to.</summary>
    public void Take()
    {
        using var noGradient = no_grad();
        memory.zero_().Dispose();
        Give();
    }

    /// <summary>Gives all weights the gradients that are in the memory.</summary>
    public void Give()
    {
        for (var i = 0; i < slots.Length; i++)
            if (slots[i].Parameter.requires_grad) slots[i].Parameter.grad = places[i];
    }

    /// <summary>The gradients of all weights, in one row.</summary>
    public Tensor Values => memory;

    /// <summary>Adds those of other memory.</summary>
    public void Add(BlockGradients other)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        memory.PlusInPlace(other.memory);
    }

    /// <summary>Takes those of other memory.</summary>
    public void Copy(BlockGradients other)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        memory.copy_(other.memory);
    }

    /// <summary>The gradients that the weights have now.</summary>
    public AdamWGradients Gradients() => optimizer.Gradients(slots);

    /// <summary>Leaves the weights without gradients.</summary>
    public void Release() => AdamW.ClearGradients(slots);

    public void Dispose()
    {
        memory.Dispose();
        foreach (var place in places) place.Dispose();
    }
}
