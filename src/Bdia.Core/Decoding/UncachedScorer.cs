using Bdia.Core.Models;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Computes all positions anew in each step, by the pass that training uses.</summary>
internal sealed class UncachedScorer : INextTokenScorer
{
    private readonly EncoderDecoder _model;
    private Tensor _source, _memory; // (R, S), (R, S, D)
    private Tensor _written;         // (R, T)

    public UncachedScorer(EncoderDecoder model, Tensor source)
    {
        _model = model;
        _source = source.alias().DetachFromDisposeScope();
        _memory = model.Encode(source).DetachFromDisposeScope();
        _written = empty([source.shape[0], 0], int64, source.device).DetachFromDisposeScope();
    }

    public Tensor Next(Tensor ids)
    {
        using var scope = NewDisposeScope();
        Replace(ref _written, cat([_written, ids.unsqueeze(1)], 1));
        var states = _model.Decode(_written, _memory, _source);
        return _model.Logits(states.select(1, -1), inFloat32: false).MoveToOuterDisposeScope();
    }

    public void Select(Tensor rows)
    {
        Replace(ref _source, _source.index_select(0, rows));
        Replace(ref _memory, _memory.index_select(0, rows));
        Replace(ref _written, _written.index_select(0, rows));
    }

    public void Dispose()
    {
        _source.Dispose();
        _memory.Dispose();
        _written.Dispose();
    }

    private static void Replace(ref Tensor kept, Tensor by)
    {
        kept.Dispose();
        kept = by.DetachFromDisposeScope();
    }
}
