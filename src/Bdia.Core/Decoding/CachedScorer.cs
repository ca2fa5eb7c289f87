using Bdia.Core.Models;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Keeps keys and values of earlier positions: a step computes one position.</summary>
internal sealed class CachedScorer(EncoderDecoder model, Tensor source) : INextTokenScorer
{
    private readonly DecoderState _state = model.Begin(source);

    public Tensor Next(Tensor ids) => model.NextLogits(ids, _state);

    public void Select(Tensor rows) => _state.Select(rows);

    public void Dispose() => _state.Dispose();
}
