using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>A training pass through a stack: forward once, keeping what its mode says, and back once.</summary>
internal interface IStackPass : IDisposable
{
    /// <summary>Memory of the pass.</summary>
    Workspace Workspace { get; }

    /// <summary>The conditions as the blocks see them, leaves: their grad is the sum over all blocks.</summary>
    IReadOnlyList<Tensor> Conditions { get; }

    /// <summary>Bytes kept for the way back, besides the last two states.</summary>
    long SideInformationBytes { get; }

    /// <summary>x_K, without a graph and in no dispose scope: the caller's.</summary>
    /// <param name="input">x_0 before rounding, (B, ...), float32.</param>
    /// <param name="goesBack">Whether <see cref="Backward"/> may be called.</param>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    Tensor Forward(Tensor input, bool goesBack);

    /// <summary>Comes to x_{K-1}..x_0 and goes back through every block there, last first. Once.</summary>
    /// <param name="xLast">x_K.</param>
    /// <param name="gradients">What to do with each block; null for nothing.</param>
    /// <exception cref="ReversibilityException">The first step does not lead from the rebuilt x_0 to the rebuilt x_1: some residual did not
    /// repeat itself.</exception>
    void Backward(Tensor xLast, StackGradients? gradients);
}
