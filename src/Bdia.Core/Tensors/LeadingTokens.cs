using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>
/// The first tokens of every sequence in a batch (B, N, D): all that is wanted of a last block, where only those are read.
/// </summary>
internal static class LeadingTokens
{
    /// <summary>A rented copy of the first tokens, (B, n, D).</summary>
    public static Tensor Copy(Tensor tokens, long count, Workspace workspace)
    {
        using var scope = NewDisposeScope();
        return workspace.Copy(tokens.narrow(1, 0, count));
    }

    /// <summary>(B, N, D), rented: the first tokens as given, zeros for the others. What is given, rented as well, is returned.</summary>
    public static Tensor Expand(Tensor first, long count, Workspace workspace)
    {
        using var scope = NewDisposeScope();
        var expanded = workspace.Rent(first.dtype, first.shape[0], count, first.shape[2]);
        expanded.zero_().narrow(1, 0, first.shape[1]).copy_(first);
        workspace.Return(first);
        return expanded;
    }
}
