using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Where the states of a training pass are, on its way forward, between its two ways, and on its way back. This is all in which the modes
/// of back-propagation differ.
/// </summary>
internal interface IStates : IDisposable
{
    /// <summary>Bytes that wait for the way back besides the last two states: of pads or of states.</summary>
    long SideInformationBytes { get; }

    /// <summary>Whether the evaluation of block k is kept as well, so that it is not made twice.</summary>
    bool KeepsEvaluation(int k);

    /// <summary>On the way forward: memory for x_k, in no dispose scope.</summary>
    /// <param name="k">0..K.</param>
    /// <param name="xBefore">x_{k-2}, which the step to x_k is the last to read; null where there is none.</param>
    Tensor Place(int k, Tensor? xBefore);

    /// <summary>On the way forward: x_k is there, k = 0..K-1.</summary>
    void Keep(int k, Tensor x);

    /// <summary>Where step k leaves the pads of x_{k-1}; null where nobody will ask for them.</summary>
    PackedPads? Pads(int k);

    /// <summary>The way forward is over.</summary>
    void Rest();

    /// <summary>On the way back: x_{k-1}; null for k = 0.</summary>
    /// <param name="k">The block that has just been evaluated.</param>
    /// <param name="xNext">x_{k+1}, which nobody reads afterwards.</param>
    /// <param name="x">x_k.</param>
    /// <param name="evaluation">h_k(x_k).</param>
    /// <param name="gamma">γ_k of every sample.</param>
    /// <exception cref="ReversibilityException">A state was not what it had been.</exception>
    Tensor? Before(int k, Tensor xNext, Tensor x, IEvaluation evaluation, float[] gamma);

    /// <summary>On the way back: block k has been gone back through, at x_k.</summary>
    void Leave(int k, Tensor x);
}
