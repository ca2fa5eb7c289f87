using Bdia.Core.Operations;

namespace Bdia.Core.MemoryEstimates;

/// <summary>Bytes of the output product of a network that writes, with its loss and gradients.</summary>
internal static class OutputMemory
{
    /// <summary>
    /// The logits of a piece, and the gradients by all states and by the weights; in bfloat16 logits, weights, and what a piece adds to the
    /// gradient by these once more at half the size.
    /// </summary>
    public static long Of(long rows, long width, long vocabulary, bool half)
    {
        var logits = Math.Min(rows, OutputLoss.PieceRows(vocabulary)) * vocabulary * sizeof(float);
        var (weights, states) = (width * vocabulary * sizeof(float), rows * width * sizeof(float));
        return logits + weights + states + (half ? logits / 2 + weights : 0);
    }
}
