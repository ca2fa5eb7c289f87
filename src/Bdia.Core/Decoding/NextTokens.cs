using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>What a network says of the next token of each row, for a search to ask as it needs it: once in a step.</summary>
/// <param name="scorer">The network.</param>
/// <param name="ids">What the rows have been given since the step before, (R, T).</param>
internal readonly struct NextTokens(INextTokenScorer scorer, Tensor ids)
{
    /// <summary>Logits (R, V), float32.</summary>
    public Tensor Logits() => scorer.Next(ids);

    /// <summary>The most probable tokens that may be written, see <see cref="TopTokens.FindInLogits"/>.</summary>
    public TopTokens Best(int count)
        => scorer is IBestTokenScorer direct ? direct.Best(ids, count) : TopTokens.FindInLogits(scorer.Next(ids), count);
}
