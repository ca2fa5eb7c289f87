using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>
/// All that a search knows of a network: rows of tokens that grow by one each step, and at the first step by a start token and what prompts
/// have in common in length. At the start there is one empty row for each input, in order. What a scorer keeps from one call to the next
/// belongs to it and to no dispose scope of the caller.
/// </summary>
public interface INextTokenScorer : IDisposable
{
    /// <summary>Appends tokens to every row.</summary>
    /// <param name="ids">(R, T) int64 on the CPU, T at least 1.</param>
    /// <returns>Logits (R, V) of the token that follows the last one, float32, in any order in memory; the caller's.</returns>
    Tensor Next(Tensor ids);

    /// <summary>Makes row i what row rows[i] was; rows may repeat, and may be fewer or more than before.</summary>
    /// <param name="rows">Int64 on the CPU.</param>
    void Select(Tensor rows);
}
