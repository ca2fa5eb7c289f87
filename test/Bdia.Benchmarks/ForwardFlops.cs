using Bdia.Core.Models;

namespace Bdia.Benchmarks;

/// <summary>
/// Floating-point operations of the matrix products of one picture's forward pass; patch embedding and head left out (below 1 %).
/// </summary>
internal static class ForwardFlops
{
    /// <summary>Of a block.</summary>
    public static double Block(VisionTransformerOptions network) => Tokens(network) * (KeysAndValues(network) + Rest(network));

    /// <summary>Of BDIA's last block: of x_K the class token is all that is read, and no more is computed.</summary>
    public static double LastBlock(VisionTransformerOptions network)
        => network.Depth < 2 ? Block(network) : Tokens(network) * KeysAndValues(network) + Rest(network);

    private static double Tokens(VisionTransformerOptions network) => network.Tokens;

    private static double KeysAndValues(VisionTransformerOptions network) => 4.0 * network.Width * network.Width;

    // Query, projection, two dense layers; scores and their sums of values.
    private static double Rest(VisionTransformerOptions network)
        => 4.0 * network.Width * (network.Width + network.FeedForwardWidth) + 4 * Tokens(network) * network.Width;
}
