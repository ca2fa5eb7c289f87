using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// The residual of a pre-norm block on the CPU, h(x) = Σ r_i(x + r_0 + ... + r_{i-1}), and its gradients, without a graph of libtorch's.
/// </summary>
internal sealed class BlockPass : IEvaluation
{
    private readonly Branch[] branches;
    private readonly Workspace workspace;
    private readonly long? tokens; // N, where h is of the first ones
    private Tensor? value, byState;
    private bool isSpent;

    /// <summary>Evaluates the residual at x.</summary>
    /// <param name="branches">New ones: they remember the evaluation.</param>
    /// <param name="x">(B, N, D), float32, contiguous; must not change until the backward pass is over.</param>
    /// <param name="workspace">That of the branches.</param>
    /// <param name="keep">Whether there will be a backward pass.</param>
    /// <param name="leading">How many tokens the first branch makes of all, and the others work on; null for all.</param>
    public BlockPass(Branch[] branches, Tensor x, Workspace workspace, bool keep, int? leading = null)
    {
        (this.branches, this.workspace, tokens) = (branches, workspace, leading is null ? null : x.shape[1]);
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var z = x;
        foreach (var branch in branches)
        {
            var r = branch.Forward(z, keep);
            var next = branch == branches[^1] ? null : LeadingTokens.Copy(z, r.shape[1], this.workspace).PlusInPlace(r);
            if (!keep && !ReferenceEquals(z, x)) this.workspace.Return(z);
            if (this.value is null)
            {
                this.value = r;
            }
            else
            {
                this.value.PlusInPlace(r);
                this.workspace.Return(r);
            }

            z = next!;
        }
    }

    public Tensor Value => this.value ?? throw new InvalidOperationException("The value has been released.");

    public void ReleaseValue()
    {
        workspace.Return(this.value);
        this.value = null;
    }

    public Tensor Backward(Tensor gradient)
    {
        using var noGraph = no_grad();
        byState = Backward(gradient, LeafGradients.Instance);
        workspace.Return(gradient);
        return byState;
    }

    /// <summary>
    /// Goes back, once. With g the gradient by h and s_i the one that comes to x through branches i, i + 1, ...: branch i's own is g +
    /// s_{i+1}.
    /// </summary>
    /// <param name="gradient">g, contiguous; is written over.</param>
    /// <param name="sums">Where gradients by weights and conditions are added.</param>
    /// <returns>s_0, rented.</returns>
    public Tensor Backward(Tensor gradient, IGradientSums sums)
    {
        // What was kept has been written over.
        if (isSpent) throw new InvalidOperationException("The backward pass can run once per evaluation of a block; evaluate it anew.");
        isSpent = true;
        Tensor? sum = null;
        for (var i = branches.Length - 1; i >= 0; i--)
        {
            // The first branch's is the last use of g.
            var own = sum is null || i == 0 ? gradient : workspace.Copy(gradient);
            if (sum is not null) own.PlusInPlace(sum);
            if (i == 0 && sum is not null && this.tokens is { } tokens) sum = LeadingTokens.Expand(sum, tokens, workspace);
            sum = branches[i].Backward(own, sum, sums);
            if (!ReferenceEquals(own, gradient)) workspace.Return(own);
            if (i > 0) workspace.Return(branches[i].Input);
        }

        return sum!;
    }

    public void Dispose()
    {
        workspace.Return(this.value);
        workspace.Return(byState);
        this.value = byState = null;
    }
}
