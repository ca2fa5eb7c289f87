using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// A residual function h_k(x) of a reversible stack: what a block adds to its input, without the input itself.
/// </summary>
/// <remarks>
/// It is evaluated once in the forward and once more in the backward pass, and must give the same bits both times: all that is
/// random comes from <see cref="ResidualContext.Random"/>, and nothing is remembered between calls. The shape of the result is that of x.
/// </remarks>
/// <param name="name">Name of the module.</param>
public abstract class Residual(string name) : nn.Module(name)
{
    /// <summary>Evaluates h(x).</summary>
    /// <param name="x">The state, (B, N, D), float32.</param>
    /// <param name="context">Randomness to be replayed, and further inputs of the stack.</param>
    /// <returns>h(x), (B, N, D), float32.</returns>
    public abstract Tensor forward(Tensor x, ResidualContext context);

    /// <summary>Whether <see cref="Evaluate"/> goes back by code of its own, without a graph that autograd keeps.</summary>
    internal virtual bool WritesBackwardPass(Tensor x) => false;

    /// <summary>Evaluates h(x) for a pass of a stack.</summary>
    /// <param name="x">The state, contiguous; it stays as it is until the evaluation is disposed.</param>
    /// <param name="context">Randomness to be replayed, and further inputs of the stack.</param>
    /// <param name="workspace">Memory of the pass.</param>
    /// <param name="keep">Whether the pass will go back through the evaluation.</param>
    /// <param name="leading">Of how many tokens h(x) is wanted, the first ones; null for all.</param>
    internal virtual IEvaluation Evaluate(Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading = null)
        => new GraphEvaluation(this, x, context, workspace, keep, leading);

    /// <summary>Wraps an ordinary TorchSharp module that maps x to h(x) and uses no randomness of its own.</summary>
    /// <param name="module">The module; owned by the residual from here on.</param>
    public static Residual From(nn.Module<Tensor, Tensor> module) => new ModuleResidual(module);

    private sealed class ModuleResidual : Residual
    {
        private readonly nn.Module<Tensor, Tensor> module;

        public ModuleResidual(nn.Module<Tensor, Tensor> module) : base(module.GetName())
        {
            this.module = module;
            register_module("module", module);
        }

        public override Tensor forward(Tensor x, ResidualContext context) => module.forward(x);
    }
}
