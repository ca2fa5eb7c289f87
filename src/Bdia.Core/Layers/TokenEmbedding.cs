using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// A trained vector for each id, times a scale, √D unless it is told otherwise. State: weight (V, D), initially normal with deviation
/// 1 / √D, so that tokens start at order 1.
/// </summary>
/// <remarks>The small deviation lets the same weights serve as an output product: states of order 1 then give logits of order 1.</remarks>
public sealed class TokenEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight; // (V, D)
    private readonly double scale;

    /// <summary>Creates the layer.</summary>
    /// <param name="vocabulary">V, number of ids, at least 1.</param>
    /// <param name="width">D, at least 1.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public TokenEmbedding(int vocabulary, int width, Generator generator) : this(vocabulary, width, generator, Math.Sqrt(width))
    {
    }

    internal TokenEmbedding(int vocabulary, int width, Generator generator, double scale) : base(nameof(TokenEmbedding))
    {
        this.scale = scale;
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(generator);
        weight = Initial.Normal(generator, 1 / Math.Sqrt(width), vocabulary, width);
        RegisterComponents();
    }

    /// <summary>The vectors of ids.</summary>
    /// <param name="input">Ids, int64, any shape, each from 0 up to, not including, V.</param>
    /// <returns>(..., D), float32.</returns>
    /// <exception cref="ArgumentException">An id is out of range, or the tensor is not int64.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        Check(input);
        var vectors = weight.index_select(0, input.reshape(-1)).Times(scale); // (ids, D)
        return vectors.view([.. input.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The embedding as an output product (Press and Wolf, 2017): logits (..., V) of states (..., D), in the number format of the
    /// precision.
    /// </summary>
    internal OutputProduct Output(ComputePrecision precision) => new(weight, null, precision);

    // libtorch reads beyond the weights, or ends the process, rather than complain in every case.
    private void Check(Tensor ids)
    {
        if (ids.dtype != ScalarType.Int64) throw new ArgumentException($"Ids are {ids.dtype}; they must be Int64.", nameof(ids));
        if (ids.numel() == 0) return;
        var (smallest, largest) = (ids.min().item<long>(), ids.max().item<long>());
        if (smallest < 0 || largest >= weight.shape[0])
            throw new ArgumentException($"Id {(smallest < 0 ? smallest : largest)} is not in the vocabulary, whose ids are 0 to "
                + $"{weight.shape[0] - 1}. Use ids of the tokenizer that the network was made for.", nameof(ids));
    }
}
