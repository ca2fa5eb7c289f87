using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>Which ids of a batch of texts are real, and that they are ids at all.</summary>
internal static class TokenMask
{
    /// <summary>(B, N), true for real tokens.</summary>
    /// <param name="ids">(B, N), int64, padded at the end.</param>
    /// <param name="name">What the caller calls them.</param>
    /// <exception cref="ArgumentException">They are no ids, or a row is padding alone.</exception>
    public static Tensor Of(Tensor ids, string name)
    {
        Check(ids, name);
        using var scope = NewDisposeScope();
        var mask = TensorMath.With(SpecialTokens.Padding, padding => ids.ne(padding));
        if (!mask.any(1).all().item<bool>())
            throw new ArgumentException($"A row of the {name} is padding alone; every text has at least its end token.", name);
        return mask.MoveToOuterDisposeScope();
    }

    /// <exception cref="ArgumentException">They are no ids.</exception>
    public static void Check(Tensor ids, string name)
    {
        ArgumentNullException.ThrowIfNull(ids, name);
        if (ids.dtype != ScalarType.Int64 || ids.dim() != 2 || ids.numel() == 0)
            throw new ArgumentException($"Ids are {ids.dtype} of shape ({string.Join(", ", ids.shape)}); give Int64 of two dimensions, "
                + "rows and positions, at least 1 of each.", name);
    }
}
