using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>From ids to x_0 of a stack: tokens plus their places, with dropout in training. The modules belong to the network.</summary>
/// <param name="tokens">Vectors of ids.</param>
/// <param name="learned">Vectors of places; null for sinusoidal ones.</param>
/// <param name="options">Of the network.</param>
internal sealed class TextEmbedding(TokenEmbedding tokens, LearnedPositions? learned, EncoderDecoderOptions options)
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
        var positions = learned?.Rows(first, ids.shape[1]) ?? SinusoidalPositions.Rows(first, ids.shape[1], options.Width, ids.device);
        var x = tokens.forward(ids).Plus(positions);
        return (random is null ? x : random.Dropout(x, options.Dropout)).MoveToOuterDisposeScope();
    }
}
