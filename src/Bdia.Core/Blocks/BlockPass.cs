using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
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
    private readonly RowChain chain;
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
        // The sequences of the first tokens alone are not neighbours.
        chain = new(workspace, x.shape[0], x.shape[1], branches[0].Type, allowed: leading is null);
        var z = x;
        foreach (var branch in branches)
        {
            branch.Chain = chain;
            var r = branch.Forward(z, keep);
            var next = branch == branches[^1] ? null : Next(z, r);
            if (!keep && !ReferenceEquals(z, x)) chain.Return(z);
            if (this.value is null)
            {
                this.value = r;
            }
            else
            {
                Add(this.value, r, this.value);
                chain.Return(r);
            }

            chain.Run();
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
            sum = branches[i].Backward(gradient, sum, sums, isLast: i == 0, i == 0 ? tokens : null);
            if (i > 0) workspace.Return(branches[i].Input);
        }

        return sum!;
    }

    // z + r, of the tokens that r is of.
    private Tensor Next(Tensor z, Tensor r)
    {
        if (!chain.IsOpen) return LeadingTokens.Copy(z, r.shape[1], workspace).PlusInPlace(r);
        var next = workspace.Rent(ScalarType.Float32, z.shape);
        Add(z, r, next);
        return next;
    }

    private unsafe void Add(Tensor a, Tensor b, Tensor to)
    {
        if (!chain.IsOpen)
        {
            a.PlusInPlace(b); // the only sum of the kind is in place
            return;
        }

        float* left = TensorMemory.Pointer<float>(a), right = TensorMemory.Pointer<float>(b), sum = TensorMemory.Pointer<float>(to);
        var size = a.numel() / a.shape[0];
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(size);
            SimdVectors.Add(left + first, right + first, sum + first, count);
        });
    }

    public void Dispose()
    {
        workspace.Return(this.value);
        workspace.Return(byState);
        this.value = byState = null;
    }
}
