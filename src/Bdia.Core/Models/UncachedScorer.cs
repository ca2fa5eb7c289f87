using Bdia.Core.Decoding;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>Computes all positions anew in each step, by the pass that training uses.</summary>
internal sealed class UncachedScorer : INextTokenScorer
{
    private readonly Tensor[] given; // (R, ...) each
    private readonly Func<Tensor, Tensor[], Tensor> next;
    private Tensor written; // (R, T)

    /// <param name="rows">R.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="given">What rows were given besides ids, (R, ...) each, such as an encoder's output; the scorer's from here on.</param>
    /// <param name="next">Logits (R, V) behind all ids (R, T), and what was given.</param>
    public UncachedScorer(long rows, Device device, Tensor[] given, Func<Tensor, Tensor[], Tensor> next)
    {
        (this.given, this.next) = (Array.ConvertAll(given, tensor => tensor.DetachFromDisposeScope()), next);
        written = empty([rows, 0], int64, device).DetachFromDisposeScope();
    }

    public Tensor Next(Tensor ids)
    {
        using var scope = NewDisposeScope();
        Replace(ref written, cat([written, ids.to(written.device)], 1));
        return next(written, given).MoveToOuterDisposeScope();
    }

    public void Select(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var index = rows.to(written.device);
        Replace(ref written, written.index_select(0, index));
        for (var i = 0; i < given.Length; i++) Replace(ref given[i], given[i].index_select(0, index));
    }

    public void Dispose()
    {
        written.Dispose();
        foreach (var tensor in given) tensor.Dispose();
    }

    private static void Replace(ref Tensor kept, Tensor by)
    {
        kept.Dispose();
        kept = by.DetachFromDisposeScope();
    }
}
