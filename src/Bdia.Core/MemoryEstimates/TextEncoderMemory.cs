using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>The estimate for a text encoder.</summary>
internal static class TextEncoderMemory
{
    // The batch that is trained on and the one that is prepared meanwhile.
    private const int Batches = 2;

    public static MemoryEstimate Estimate(TextEncoderOptions model, long rows, long tokens, int weightCopies, bool optimizerInBackward,
        OptimizerKind optimizer, MomentFormat moments)
    {
        var weights = WeightCount.Of(model);
        var (places, half) = (tokens + 1, model.Precision == ComputePrecision.BFloat16); // with the class token
        var sizes = new BlockSizes(model.Block, rows, places);
        var stack = StackMemory.Of(model.Stack, model.Depth, rows, places * model.Width, BlockMemory.Of(sizes),
            BlockMemory.Of(sizes with { Leading = 1 }));
        var mask = model.Dropout > 0 ? rows * places * model.Width * sizeof(float) : 0;
        var batch = rows * (tokens * sizeof(long) + model.Classes * sizeof(float) + sizeof(long));
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
            Rest = Batches * batch + mask + weightCopies * weights * sizeof(float) + NativeLibraries.Bytes
                + (half ? NativeLibraries.BFloat16Kernels : 0),
        };
    }
}
