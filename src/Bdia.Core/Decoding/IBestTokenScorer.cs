using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>A scorer that finds the best tokens without writing down the logits of the others.</summary>
internal interface IBestTokenScorer : INextTokenScorer
{
    /// <summary>In place of <see cref="INextTokenScorer.Next"/>: what <see cref="TopTokens.FindInLogits"/> finds in its logits.</summary>
    /// <param name="ids">(R, T) int64 on the CPU, T at least 1.</param>
    /// <param name="count">How many.</param>
    TopTokens Best(Tensor ids, int count);
}
