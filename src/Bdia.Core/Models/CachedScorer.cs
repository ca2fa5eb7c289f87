using Bdia.Core.Decoding;
using Bdia.Core.Operations;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>Keeps keys and values of earlier positions: a step computes the newest ones.</summary>
/// <param name="state">Of a network; the scorer's from here on.</param>
/// <param name="next">Of the last of new ids (R, T), what the output product is taken of, (R, D).</param>
/// <param name="output">The output product.</param>
internal sealed class CachedScorer(DecoderState state, Func<Tensor, DecoderState, Tensor> next, OutputProduct output) : IBestTokenScorer
{
    public Tensor Next(Tensor ids)
    {
        using var states = next(ids, state);
        return output.TransposedLogits(states);
    }

    public TopTokens Best(Tensor ids, int count)
    {
        using var states = next(ids, state);
        return TopTokens.FindInProduct(states, output, count);
    }

    public void Select(Tensor rows) => state.Select(rows);

    public void Dispose() => state.Dispose();
}
