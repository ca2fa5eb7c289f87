using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The matrices within the blocks of stacks: what <see cref="OptimizerKind.Muon"/> makes orthogonal steps for.</summary>
internal static class BlockMatrices
{
    /// <summary>What Muon takes steps for in a run; null where AdamW does for all.</summary>
    /// <exception cref="ArgumentException">Muon is asked for, and the task's network has no such matrix.</exception>
    public static IReadOnlyDictionary<Tensor, MatrixParts>? Of<TBatch>(TrainingOptions options, ITrainingTask<TBatch> task)
    {
        if (options.SureOptimizer != OptimizerKind.Muon) return null;
        var matrices = Of(task.Stacks);
        return matrices.Count > 0 ? matrices : throw None(task, nameof(options.Optimizer), OptimizerKind.Muon, "it could take steps for",
            OptimizerKind.AdamW);
    }

    /// <summary>The matrices whose moments are kept in eight bits.</summary>
    /// <exception cref="ArgumentException">The task's network has none.</exception>
    public static IReadOnlySet<Tensor> Set<TBatch>(ITrainingTask<TBatch> task)
    {
        var matrices = Of(task.Stacks);
        return matrices.Count > 0 ? matrices.Keys.ToHashSet<Tensor>(ReferenceEqualityComparer.Instance)
            : throw None(task, nameof(TrainingOptions.MomentFormat), MomentFormat.EightBits, "have moments in eight bits",
                MomentFormat.Float32);
    }

    private static ArgumentException None<TBatch>(ITrainingTask<TBatch> task, string option, object value, string what, object other)
        => new($"{option} is {value}, but {task.Module.GetName()} has no blocks of transformer layers whose matrices {what}. Set it to "
            + $"{other}.");

    /// <summary>How each matrix is made up.</summary>
    /// <param name="stacks">The stacks; of blocks that are made of other layers than ours, nothing is found.</param>
    public static IReadOnlyDictionary<Tensor, MatrixParts> Of(IEnumerable<BdiaStack> stacks)
    {
        var parts = new Dictionary<Tensor, MatrixParts>(ReferenceEqualityComparer.Instance);
        foreach (var layer in stacks.SelectMany(stack => stack.Residuals).SelectMany(block => block.modules()).OfType<Dense>())
            parts[layer.Weight] = new(layer.Parts, layer.Precision == ComputePrecision.BFloat16);
        return parts;
    }
}

/// <summary>How a parameter is made of matrices.</summary>
/// <param name="Count">Maps of equal size that it holds one below the other (queries, keys and values: 3); 0 where it is none.</param>
/// <param name="InBFloat16">Whether the network takes its products in bfloat16, and so does Muon.</param>
internal readonly record struct MatrixParts(int Count, bool InBFloat16);
