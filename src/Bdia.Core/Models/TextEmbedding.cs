using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>From ids to x_0 of a stack: tokens plus their places, with dropout in training. The modules belong to the network.</summary>
/// <param name="tokens">Vectors of ids.</param>
/// <param name="learned">Vectors of places; null for sinusoidal ones.</param>
/// <param name="width">D.</param>
/// <param name="dropout">Of x_0 in training.</param>
internal sealed class TextEmbedding(TokenEmbedding tokens, LearnedPositions? learned, int width, double dropout)
{
    /// <summary>Vectors of ids.</summary>
    public TokenEmbedding Tokens => tokens;

    /// <summary>x_0, (B, N, D), of ids (B, N) whose first stands at the given place.</summary>
    /// <param name="ids">int64.</param>
    /// <param name="first">Place of the first id.</param>
    /// <param name="random">For dropout; null for none.</param>
    public Tensor Apply(Tensor ids, long first, BlockRandom? random)
    {
        using var scope = NewDisposeScope();
        var x = AtPlaces(tokens.forward(ids), first);
        return (random is null ? x : random.Dropout(x, dropout)).MoveToOuterDisposeScope();
    }

    /// <summary>Vectors of tokens (B, N, D), the first at the given place, with those of their places.</summary>
    public Tensor AtPlaces(Tensor vectors, long first)
    {
        using var scope = NewDisposeScope();
        var count = vectors.shape[1];
        var positions = learned?.Rows(first, count) ?? SinusoidalPositions.Rows(first, count, width, vectors.device);
        return vectors.Plus(positions).MoveToOuterDisposeScope();
    }
}
