using Bdia.Core.Reversible;
using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>Which parameters' gradients are whole at one moment of the backward pass: those of each block, and last all others.</summary>
internal sealed class GradientRanges
{
    private readonly Dictionary<Residual, int> numbers = [];

    /// <param name="optimizer">Of all parameters.</param>
    /// <param name="stacks">The stacks, in the order of the forward pass; no weight of a block is used outside of it.</param>
    public GradientRanges(AdamW optimizer, IReadOnlyList<BdiaStack> stacks)
    {
        var left = new Dictionary<object, AdamWSlot>(ReferenceEqualityComparer.Instance);
        foreach (var slot in optimizer.Slots) left.Add(slot.Parameter, slot);
        var blocks = stacks.Reverse().SelectMany(stack => stack.Residuals.Reverse()).ToArray();
        // What belongs to several blocks is whole after all of them.
        var shared = blocks.SelectMany(block => block.parameters())
            .GroupBy<object, object>(parameter => parameter, ReferenceEqualityComparer.Instance)
            .Where(uses => uses.Count() > 1).Select(uses => uses.Key).ToHashSet(ReferenceEqualityComparer.Instance);
        var ranges = new List<IReadOnlyList<AdamWSlot>>();
        foreach (var block in blocks)
        {
            var own = new List<AdamWSlot>();
            foreach (var parameter in block.parameters().Where(parameter => !shared.Contains(parameter)))
                if (left.Remove(parameter, out var slot)) own.Add(slot);
            numbers.TryAdd(block, ranges.Count);
            ranges.Add(own);
        }

        Slots = [.. ranges, optimizer.Slots.Where(slot => left.ContainsKey(slot.Parameter)).ToArray()];
    }

    /// <summary>The parameters of each range.</summary>
    public IReadOnlyList<IReadOnlyList<AdamWSlot>> Slots { get; }

    /// <summary>The range of a block; null where it has none.</summary>
    public int? Of(Residual block) => numbers.TryGetValue(block, out var number) ? number : null;
}
