using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>The estimate for a language model.</summary>
internal static class LanguageMemory
{
    // The batch that is trained on and the one that is prepared meanwhile, each with what is read, places and outputs.
    private const int Batches = 2, IdTensors = 3;

    public static MemoryEstimate Estimate(LanguageModelOptions model, long rows, long tokens, int weightCopies, bool optimizerInBackward,
        OptimizerKind optimizer, MomentFormat moments)
    {
        var weights = WeightCount.Of(model);
        var (width, half) = ((long)model.Width, model.Precision == ComputePrecision.BFloat16);
        var stack = StackMemory.Of(model.Stack, model.Depth, rows, tokens * width, BlockMemory.Of(new(model.Block, rows, tokens)));
        var states = rows * tokens * width * sizeof(float);

        // The memory of the stack's pass stays from step to step, so that the output product's comes on top of it.
        var head = OutputMemory.Of(rows * tokens, width, model.Vocabulary, half);
        return new()
        {
            Weights = weights * sizeof(float),
            Gradients = WeightCount.WithGradient(model, optimizerInBackward) * sizeof(float),
            AllGradients = WeightCount.WithGradient(model, optimizerInBackward: false) * sizeof(float),
            LargestBlock = WeightCount.LargestBlock(model) * sizeof(float),
            Optimizer = WeightCount.Moments(weights, WeightCount.Matrices(model), optimizer, moments),
            States = stack.States,
            SideInformation = stack.SideInformation,
            BlockGraph = stack.Graph,
            Blocks = model.Depth,
            RecomputedBlocks = stack.Recomputed,
            Rest = head + states / (half ? 2 : 1) + (model.Dropout > 0 ? states : 0)
                + Batches * IdTensors * rows * tokens * sizeof(long) + weightCopies * weights * sizeof(float)
                + NativeLibraries.Bytes + (half ? NativeLibraries.BFloat16Kernels : 0),
        };
    }
}
