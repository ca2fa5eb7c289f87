using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>
/// How many weights a network has, from its options alone; an <see cref="OverflowException"/> for one that no memory could hold.
/// </summary>
internal static class WeightCount
{
    public static long Of(VisionTransformerOptions o)
    {
        long width = o.Width;
        return checked(Embedding(o) + o.Depth * Block(o.Block(0)) + Norm(width) + Dense.WeightCount(width, o.Classes));
    }

    /// <summary>Of what stands before the blocks.</summary>
    private static long Embedding(VisionTransformerOptions o)
    {
        long width = o.Width;
        return checked((o.PrefixTokens + (long)o.Positions) * width
            + Dense.WeightCount((long)o.Channels * o.PatchSize * o.PatchSize, width, hasBias: !o.PreNorm)
            + (o.PreNorm ? Norm(width) : 0));
    }

    /// <summary>Of those, the weights that are trained.</summary>
    public static long Trained(VisionTransformerOptions o)
        => o.FrozenBlocks == 0 ? Of(o) : Of(o) - Embedding(o) - o.FrozenBlocks * Block(o.Block(0));

    /// <summary>Of those, the ones in matrices of blocks, for which Muon keeps one moment and not two.</summary>
    public static long Matrices(VisionTransformerOptions o) => (o.Depth - o.FrozenBlocks) * Matrices(o.Block(0));

    /// <inheritdoc cref="Matrices(VisionTransformerOptions)"/>
    public static long Matrices(EncoderDecoderOptions o)
        => o.EncoderDepth * Matrices(o.EncoderBlock) + o.DecoderDepth * Matrices(o.DecoderBlock);

    /// <inheritdoc cref="Matrices(VisionTransformerOptions)"/>
    public static long Matrices(TextEncoderOptions o) => o.Depth * Matrices(o.Block);

    /// <inheritdoc cref="Matrices(VisionTransformerOptions)"/>
    public static long Matrices(LanguageModelOptions o) => o.Depth * Matrices(o.Block);

    /// <summary>Moments that an optimizer keeps, in bytes.</summary>
    /// <param name="weights">Weights that are trained.</param>
    /// <param name="matrices">Of those, the ones in matrices of blocks.</param>
    /// <param name="optimizer">Which.</param>
    /// <param name="format">How those of matrices are kept.</param>
    public static long Moments(long weights, long matrices, OptimizerKind optimizer, MomentFormat format)
        => Moment.Bytes(2 * (weights - matrices), MomentFormat.Float32)
            + (optimizer == OptimizerKind.Muon ? 1 : 2) * Moment.Bytes(matrices, format);

    public static long Of(EncoderDecoderOptions o)
    {
        long width = o.Width;
        var vocabularies = (long)o.TargetVocabulary + (o.ShareEmbeddings ? 0 : o.SourceVocabulary);
        var places = o.Positions == PositionEncoding.Learned ? 2L * o.MaxLength : 0;
        return checked((vocabularies + places) * width
            + o.EncoderDepth * Block(o.EncoderBlock) + Norm(width)
            + o.DecoderDepth * Block(o.DecoderBlock) + Norm(width)
            + (o.TieOutput ? 0 : Dense.WeightCount(width, o.TargetVocabulary)));
    }

    public static long Of(TextEncoderOptions o)
    {
        long width = o.Width;
        var vectors = 1L + o.Vocabulary + (o.Positions == PositionEncoding.Learned ? o.MaxLength : 0) + (o.Pairs ? 2 : 0);
        return checked(vectors * width + o.Depth * Block(o.Block) + Norm(width) + Dense.WeightCount(width, o.Classes));
    }

    public static long Of(LanguageModelOptions o)
        => checked(((long)o.Vocabulary + o.MaxLength) * o.Width + o.Depth * Block(o.Block) + Norm(o.Width));

    /// <summary>
    /// Weights that have a gradient at the same time: all that are trained, or those of the largest block and of what is outside of blocks.
    /// </summary>
    public static long WithGradient(VisionTransformerOptions o, bool optimizerInBackward)
        => Trained(o) - (optimizerInBackward ? Math.Max(0, o.Depth - o.FrozenBlocks - 1) * Block(o.Block(0)) : 0);

    /// <inheritdoc cref="WithGradient(VisionTransformerOptions, bool)"/>
    public static long WithGradient(EncoderDecoderOptions o, bool optimizerInBackward)
        => Of(o) - (optimizerInBackward ? o.EncoderDepth * Block(o.EncoderBlock) + (o.DecoderDepth - 1) * Block(o.DecoderBlock) : 0);

    /// <inheritdoc cref="WithGradient(VisionTransformerOptions, bool)"/>
    public static long WithGradient(TextEncoderOptions o, bool optimizerInBackward)
        => Of(o) - (optimizerInBackward ? (o.Depth - 1) * Block(o.Block) : 0);

    /// <inheritdoc cref="WithGradient(VisionTransformerOptions, bool)"/>
    public static long WithGradient(LanguageModelOptions o, bool optimizerInBackward)
        => Of(o) - (optimizerInBackward ? (o.Depth - 1) * Block(o.Block) : 0);

    /// <summary>Weights of the largest block that is trained.</summary>
    public static long LargestBlock(VisionTransformerOptions o) => o.Depth > o.FrozenBlocks ? Block(o.Block(0)) : 0;

    /// <inheritdoc cref="LargestBlock(VisionTransformerOptions)"/>
    public static long LargestBlock(EncoderDecoderOptions o) => Block(o.DecoderBlock);

    /// <inheritdoc cref="LargestBlock(VisionTransformerOptions)"/>
    public static long LargestBlock(TextEncoderOptions o) => Block(o.Block);

    /// <inheritdoc cref="LargestBlock(VisionTransformerOptions)"/>
    public static long LargestBlock(LanguageModelOptions o) => Block(o.Block);

    /// <summary>Its sub-layers, each behind a norm.</summary>
    private static long Block(TransformerBlockOptions options)
        => SublayerKind.Of(options).Sum(kind
            => Norm(options.Width) + (options.LayerScale ? options.Width : 0) + kind.Weights(options));

    private static long Matrices(TransformerBlockOptions options) => SublayerKind.Of(options).Sum(kind => kind.Matrices(options));

    private static long Norm(long width) => 2 * width;
}
