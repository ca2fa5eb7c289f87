using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>A residual evaluated at one state, which can be gone back through once. What it holds goes with its disposal.</summary>
internal interface IEvaluation : IDisposable
{
    /// <summary>h(x), until <see cref="ReleaseValue"/>.</summary>
    Tensor Value { get; }

    /// <summary>Says that nobody reads <see cref="Value"/> any more.</summary>
    void ReleaseValue();

    /// <summary>Adds the gradients by the residual's weights and by the conditions to their grad.</summary>
    /// <param name="gradient">By h, rented of the pass's workspace; it is the evaluation's from here on.</param>
    /// <returns>That by x, valid until disposal; null where h does not depend on x.</returns>
    Tensor? Backward(Tensor gradient);
}
