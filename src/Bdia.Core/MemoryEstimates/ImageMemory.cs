using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>The estimate for a vision transformer.</summary>
internal static class ImageMemory
{
    // The batch that is trained on and the one that is prepared meanwhile.
    private const int Batches = 2;

    public static MemoryEstimate Estimate(VisionTransformerOptions model, long rows, int weightCopies, bool optimizerInBackward,
        OptimizerKind optimizer, MomentFormat moments)
    {
        var weights = WeightCount.Of(model);
        long tokens = model.Tokens;
        var trained = model.Depth - model.FrozenBlocks;
        var sizes = new BlockSizes(model.Block(model.Depth - 1), rows, tokens);
        var block = BlockMemory.Of(sizes);
        BlockMemory? last = model.Pooling == VisionTransformerPooling.ClassToken ? BlockMemory.Of(sizes with { Leading = 1 }) : null;
        // Frozen blocks are passed with one state, which is written over.
        var stack = trained > 0 ? StackMemory.Of(model.Stack, trained, rows, tokens * model.Width, block, last)
            : new StackMemory(2 * rows * tokens * model.Width * sizeof(float), 0, block.Peak + block.Weights, (0, 0), 0);

        var pixels = rows * model.Channels * model.ImageHeight * model.ImageWidth;
        // kept by the patch embedding for its weights' gradient
        var patches = model.FrozenBlocks > 0 ? 0 : pixels * (sizeof(float) + (model.Precision == ComputePrecision.BFloat16 ? 2 : 0));
        var mask = model.Dropout > 0 && model.FrozenBlocks == 0 ? rows * tokens * model.Width * sizeof(float) : 0;
        return new()
        {
            Weights = weights * sizeof(float),
            Gradients = WeightCount.WithGradient(model, optimizerInBackward) * sizeof(float),
            AllGradients = WeightCount.WithGradient(model, optimizerInBackward: false) * sizeof(float),
            LargestBlock = WeightCount.LargestBlock(model) * sizeof(float),
            Optimizer = WeightCount.Moments(WeightCount.Trained(model), WeightCount.Matrices(model), optimizer, moments),
            States = stack.States,
            SideInformation = stack.SideInformation,
            BlockGraph = stack.Graph,
            Blocks = trained,
            RecomputedBlocks = stack.Recomputed,
            Rest = Batches * rows * (pixels / rows + model.Classes) * sizeof(float) + patches + mask + weightCopies
                * weights * sizeof(float) + NativeLibraries.Bytes,
        };
    }
}
