using Bdia.Core.Models;

namespace Bdia.Core.MemoryEstimates;

/// <summary>How many weights a network has, from its options alone.</summary>
internal static class WeightCount
{
    public static long Of(VisionTransformerOptions o)
    {
        long width = o.Width;
        return width                                                             // class token
            + (o.Patches + 1) * width                                            // positions
            + Dense((long)o.Channels * o.PatchSize * o.PatchSize, width)         // patch embedding
            + o.Depth * EncoderBlock(width, o.FeedForwardWidth)
            + Norm(width) + Dense(width, o.Classes);
    }

    public static long Of(EncoderDecoderOptions o)
    {
        long width = o.Width;
        var vocabularies = (long)o.TargetVocabulary + (o.ShareEmbeddings ? 0 : o.SourceVocabulary);
        var places = o.Positions == PositionEncoding.Learned ? 2L * o.MaxLength : 0;
        return (vocabularies + places) * width
            + o.EncoderDepth * EncoderBlock(width, o.FeedForwardWidth) + Norm(width)
            + o.DecoderDepth * DecoderBlock(width, o.FeedForwardWidth) + Norm(width)
            + (o.TieOutput ? 0 : Dense(width, o.TargetVocabulary));
    }

    /// <summary>Weights that have a gradient at the same time: all, or those of the largest block and of what is outside of blocks.</summary>
    public static long WithGradient(VisionTransformerOptions o, bool optimizerInBackward)
        => Of(o) - (optimizerInBackward ? (o.Depth - 1) * EncoderBlock(o.Width, o.FeedForwardWidth) : 0);

    /// <inheritdoc cref="WithGradient(VisionTransformerOptions, bool)"/>
    public static long WithGradient(EncoderDecoderOptions o, bool optimizerInBackward)
        => Of(o) - (optimizerInBackward ? o.EncoderDepth * EncoderBlock(o.Width, o.FeedForwardWidth) + (o.DecoderDepth - 1) * DecoderBlock(o.Width, o.FeedForwardWidth) : 0);

    /// <summary>norm1, query, key and value, projection, norm2, two dense layers.</summary>
    public static long EncoderBlock(long width, long hidden) => Norm(width) + Dense(width, 3 * width) + Dense(width, width) + Norm(width) + Dense(width, hidden) + Dense(hidden, width);

    /// <summary>Cross-attention besides: a norm, query, key and value, projection.</summary>
    public static long DecoderBlock(long width, long hidden) => EncoderBlock(width, hidden) + Norm(width) + Dense(width, width) + Dense(width, 2 * width) + Dense(width, width);

    private static long Dense(long inputs, long outputs) => inputs * outputs + outputs;

    private static long Norm(long width) => 2 * width;
}
