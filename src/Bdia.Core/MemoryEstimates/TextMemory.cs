using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>The estimate for an encoder-decoder.</summary>
internal static class TextMemory
{
    // The batch that is trained on and the one that is prepared meanwhile, each with source, target and places as int64.
    private const int Batches = 2, IdTensors = 3;

    public static MemoryEstimate Estimate(EncoderDecoderOptions model, long rows, long sourceTokens,
        long targetTokens, int weightCopies, bool optimizerInBackward,
        OptimizerKind optimizer, MomentFormat moments)
    {
        var weights = WeightCount.Of(model);
        var (width, half) = ((long)model.Width, model.Precision == ComputePrecision.BFloat16);
        var encoder = StackMemory.Of(model.Stack, model.EncoderDepth, rows, sourceTokens * width,
            BlockMemory.Of(new(model.EncoderBlock, rows, sourceTokens)));
        var decoder = StackMemory.Of(model.Stack, model.DecoderDepth, rows, targetTokens * width,
            BlockMemory.Of(new(model.DecoderBlock, rows, targetTokens, sourceTokens)));
        var (source, target) = (rows * sourceTokens * width * sizeof(float), rows * targetTokens * width * sizeof(float));

        // The decoder's backward pass, beside the encoder's output and the gradient by it, or the encoder's. The memory of a stack's pass
        // stays from step to step, so that the output product's comes on top of it.
        var head = OutputMemory.Of(rows * targetTokens, width, model.TargetVocabulary, half);
        var (inDecoder, inEncoder) = (
            (States: encoder.Waiting.States + 2 * source + decoder.States, Graph: encoder.Waiting.Graph + decoder.Graph),
            (encoder.States, encoder.Graph));
        var worst = inDecoder.States + inDecoder.Graph >= inEncoder.States + inEncoder.Graph ? inDecoder : inEncoder;

        var masks = model.Dropout > 0 ? source + target : 0;
        var outputInput = target / (half ? 2 : 1); // what the output product reads
        return new()
        {
            Weights = weights * sizeof(float),
            Gradients = WeightCount.WithGradient(model, optimizerInBackward) * sizeof(float),
            AllGradients = WeightCount.WithGradient(model, optimizerInBackward: false) * sizeof(float),
            LargestBlock = WeightCount.LargestBlock(model) * sizeof(float),
            Optimizer = WeightCount.Moments(weights, WeightCount.Matrices(model), optimizer, moments),
            States = worst.States,
            SideInformation = encoder.SideInformation + decoder.SideInformation,
            BlockGraph = worst.Graph,
            Blocks = model.EncoderDepth + model.DecoderDepth,
            RecomputedBlocks = encoder.Recomputed + decoder.Recomputed,
            Rest = head + outputInput + masks
                + Batches * IdTensors * rows * Math.Max(sourceTokens, targetTokens) * sizeof(long) + weightCopies * weights * sizeof(float)
                + NativeLibraries.Bytes + (half ? NativeLibraries.BFloat16Kernels : 0),
        };
    }
}
