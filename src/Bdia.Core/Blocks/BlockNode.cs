using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>A <see cref="BlockPass"/> outside of a stack's own passes: one node of the autograd graph where gradients are on.</summary>
internal sealed class BlockNode : autograd.SingleTensorFunction<BlockNode>
{
    public override string Name => nameof(BlockNode);

    /// <summary>h(x).</summary>
    /// <param name="branches">Makes the branches of a block on a workspace.</param>
    public static Tensor Apply(Func<Workspace, Branch[]> branches, Tensor x)
    {
        using var scope = NewDisposeScope();
        using var workspace = new Workspace(x.device);
        var parts = branches(workspace);
        var leaves = parts.SelectMany(branch => branch.Leaves).ToArray();
        var keep = is_grad_enabled() && leaves.Append(x).Any(leaf => leaf.requires_grad);
        // Before the node is made: TorchSharp never lets go of one whose forward method throws.
        var pass = new BlockPass(parts, x.detach().contiguous(), workspace, keep);
        var h = pass.Value.clone();
        if (!keep) return h.MoveToOuterDisposeScope();
        return apply([new Call(parts, pass, workspace, new NodeGradients(leaves),
            [.. leaves.Prepend(x).Select(leaf => leaf.requires_grad)], h), x, .. leaves]).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (Call)vars[0];
        ctx.save_data(nameof(Call), call with { Value = null });
        // The graph holds them, and lets go of them with the node, gone back through or not. The weights only so that libtorch refuses to
        // go on if one has been written to since.
        ctx.save_for_backward([.. call.Kept.Select(kept => kept.Tensor), .. vars.Skip(2).Cast<Tensor>()]);
        return call.Value!;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var call = (Call)ctx.get_data(nameof(Call));
        return ctx.HandOver(gradient, call.Required.Length, () =>
        {
            using var scope = NewDisposeScope();
            using var noGraph = no_grad();
            using var workspace = call.Workspace;
            foreach (var (kept, tensor) in call.Kept.Zip(ctx.get_saved_variables())) kept.Tensor = tensor;
            var byX = call.Pass.Backward(workspace.Copy(gradient), call.Gradients);
            foreach (var sum in call.Gradients.Sums)
                if (sum is not null) scope.Attach(sum);
            List<Tensor> gradients = [null!, call.Required[0] ? byX.clone() : null!, .. call.Gradients.Sums.Select(sum => sum!)];
            foreach (var gradientBy in gradients) gradientBy?.MoveToOuterDisposeScope();
            return gradients;
        });
    }

    private sealed record Call(Branch[] Branches, BlockPass Pass, Workspace Workspace, NodeGradients Gradients,
        bool[] Required, Tensor? Value)
    {
        public IEnumerable<Branch.Kept> Kept => Branches.SelectMany(branch => branch.KeptTensors);
    }
}
