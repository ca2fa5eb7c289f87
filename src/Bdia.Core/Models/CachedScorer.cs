using Bdia.Core.Decoding;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>Keeps keys and values of earlier positions: a step computes the newest ones.</summary>
/// <param name="state">Of a network; the scorer's from here on.</param>
/// <param name="next">Logits (R, V) behind ids (R, T) that are new.</param>
internal sealed class CachedScorer(DecoderState state, Func<Tensor, DecoderState, Tensor> next) : INextTokenScorer
{
    public Tensor Next(Tensor ids) => next(ids, state);

    public void Select(Tensor rows) => state.Select(rows);

    public void Dispose() => state.Dispose();
}
