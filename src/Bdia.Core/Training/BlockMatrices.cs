using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The matrices within the blocks of stacks: what <see cref="OptimizerKind.Muon"/> makes orthogonal steps for.</summary>
internal static class BlockMatrices
{
    /// <summary>What Muon takes steps for in a run; null where AdamW does for all.</summary>
    /// <exception cref="ArgumentException">Muon is asked for, and the task's network has no such matrix.</exception>
    public static IReadOnlyDictionary<Tensor, int>? Of<TBatch>(TrainingOptions options, ITrainingTask<TBatch> task)
    {
        if (options.Optimizer != OptimizerKind.Muon) return null;
        var matrices = Of(task.Stacks);
        return matrices.Count > 0 ? matrices : throw new ArgumentException(
            $"Optimizer is {options.Optimizer}, but {task.Module.GetName()} has no blocks of transformer layers whose matrices it could "
            + $"take steps for. Set it to {OptimizerKind.AdamW}.");
    }

    /// <summary>Of each matrix, how many maps of equal size it holds one below the other (queries, keys and values: 3).</summary>
    /// <param name="stacks">The stacks; of blocks that are made of other layers than ours, nothing is found.</param>
    public static IReadOnlyDictionary<Tensor, int> Of(IEnumerable<BdiaStack> stacks)
    {
        var parts = new Dictionary<Tensor, int>(ReferenceEqualityComparer.Instance);
        foreach (var layer in stacks.SelectMany(stack => stack.Residuals).SelectMany(block => block.modules()).OfType<Dense>())
            parts[layer.Weight] = layer.Parts;
        return parts;
    }
}
