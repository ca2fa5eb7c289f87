using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>The weights of one block, and a place for their gradients in memory that all blocks use in turn.</summary>
internal sealed class BlockGradients : IDisposable
{
    private readonly AdamW _optimizer;
    private readonly AdamWSlot[] _slots;
    private readonly torch.Tensor _memory;
    private readonly torch.Tensor[] _places;

    /// <param name="optimizer">The optimizer whose parameters the slots are.</param>
    /// <param name="slots">Numbers of the block's parameters in the optimizer.</param>
    /// <param name="memory">At least as many elements as the block has weights.</param>
    public BlockGradients(AdamW optimizer, IReadOnlyList<int> slots, torch.Tensor memory)
    {
        _optimizer = optimizer;
        Slots = slots;
        _slots = [.. slots.Select(slot => optimizer.Slots[slot])];
        using var scope = torch.NewDisposeScope();
        _memory = memory.narrow(0, 0, Length(_slots)).DetachFromDisposeScope();
        _places = new torch.Tensor[_slots.Length];
        long start = 0;
        for (var i = 0; i < _places.Length; i++)
        {
            var parameter = _slots[i].Parameter;
            _places[i] = memory.narrow(0, start, parameter.numel()).view(parameter.shape).DetachFromDisposeScope();
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
        foreach (var slot in _slots)
        {
            using var gradient = slot.Parameter.grad;
            if (gradient is not null) yield return slot.Name;
        }
    }

    /// <summary>Gives all weights a gradient of zero, to be added to.</summary>
    public void Take()
    {
        using var noGradient = torch.no_grad();
        _memory.zero_().Dispose();
        for (var i = 0; i < _slots.Length; i++)
            if (_slots[i].Parameter.requires_grad) _slots[i].Parameter.grad = _places[i];
    }

    /// <summary>The gradients that the weights have now.</summary>
    public AdamWGradients Gradients() => _optimizer.Gradients(_slots);

    /// <summary>Leaves the weights without gradients.</summary>
    public void Release() => AdamW.ClearGradients(_slots);

    public void Dispose()
    {
        _memory.Dispose();
        foreach (var place in _places) place.Dispose();
    }
}
