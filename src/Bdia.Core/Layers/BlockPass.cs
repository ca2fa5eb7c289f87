using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// The residual of a pre-norm block on the CPU, h(x) = Σ r_i(x + r_0 + ... + r_{i-1}), and its gradients, as one node of the autograd graph.
/// </summary>
internal sealed class BlockPass(Branch[] branches)
{
    /// <summary>Whether blocks are evaluated this way: elsewhere they are made of libtorch's operations.</summary>
    /// <remarks>
    /// With products in bfloat16 it is no faster, and takes more memory, as the attention kernel reads float32. That is decided by the options alone:
    /// every evaluation of a block in training must go the same way.
    /// </remarks>
    public static bool Serves(Tensor x, TransformerBlockOptions options, ResidualContext context)
        => x.device_type == DeviceType.CPU && x.dtype == ScalarType.Float32 && AttentionKernel.IsAccelerated
            && (options.Precision == ComputePrecision.Float32 || context.InFloat32);

    /// <summary>h(x), with a node behind it where gradients are on.</summary>
    /// <param name="branches">New ones: they remember the evaluation.</param>
    /// <param name="x">(B, N, D).</param>
    /// <param name="goesBackAtOnce">
    /// Whether the backward pass is certain to follow. Then it lets go of each tensor as soon as it is used; otherwise they belong to the
    /// graph, and go with it, back-propagated or not.
    /// </param>
    public static Tensor Run(Branch[] branches, Tensor x, bool goesBackAtOnce)
    {
        using var scope = NewDisposeScope();
        var pass = new BlockPass(branches);
        var contiguous = x.contiguous();
        var parameters = branches.SelectMany(b => b.Parameters).ToArray();
        if (!is_grad_enabled() || !(x.requires_grad || parameters.Any(p => p.requires_grad))) return pass.Forward(contiguous, keep: false).MoveToOuterDisposeScope();
        // Before the node is made: TorchSharp never lets go of one whose forward method throws.
        var h = pass.Forward(contiguous.detach(), keep: true);
        var result = Node.apply([new Node.Call(pass, h, parameters.Length + 1, goesBackAtOnce), x, .. parameters]).MoveToOuterDisposeScope();
        if (!goesBackAtOnce) pass.LetGo(); // the node holds them now
        return result;
    }

    private Tensor Forward(Tensor x, bool keep)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var sum = branches[0].Forward(x, keep);
        foreach (var branch in branches.AsSpan(1))
        {
            using var block = NewDisposeScope();
            sum.PlusInPlace(branch.Forward(x.Plus(sum), keep));
        }

        return sum.MoveToOuterDisposeScope();
    }

    // With g the gradient by h and s_i the one that comes to x through branches i, i + 1, ...: branch i's own is g + s_{i+1}.
    private List<Tensor> Backward(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var g = gradient.contiguous();
        var gradients = new List<Tensor>[branches.Length];
        Tensor? sum = null;
        for (var i = branches.Length - 1; i >= 0; i--)
        {
            gradients[i] = [];
            using var own = sum is null ? g.alias() : g.Plus(sum);
            sum = branches[i].Backward(own, sum, gradients[i]);
        }

        List<Tensor> all = [sum!, .. gradients.SelectMany(list => list)];
        foreach (var tensor in all) tensor.MoveToOuterDisposeScope();
        return all;
    }

    private List<Tensor> HandOver() => [.. branches.SelectMany(branch => branch.HandOver())];

    private void TakeBack(List<Tensor> kept)
    {
        var first = 0;
        foreach (var branch in branches)
        {
            branch.TakeBack(kept.GetRange(first, branch.KeptCount));
            first += branch.KeptCount;
        }
    }

    private void LetGo()
    {
        foreach (var branch in branches)
            foreach (var tensor in branch.HandOver()) tensor.Dispose();
    }

    private void Forget()
    {
        foreach (var branch in branches) branch.Dispose();
    }

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(BlockPass);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (Call)vars[0];
            ctx.save_data(nameof(Call), call with { Value = null });
            if (!call.KeepsItself) ctx.save_for_backward(call.Pass.HandOver());
            return call.Value!;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            using var handle = gradient;
            var call = (Call)ctx.get_data(nameof(Call));
            try
            {
                if (!call.KeepsItself) call.Pass.TakeBack(ctx.get_saved_variables());
                return ctx.HandOver([null!, .. call.Pass.Backward(gradient)]);
            }
#pragma warning disable CA1031 // An exception that leaves this method would pass through native frames and end the process.
            catch (Exception)
#pragma warning restore CA1031
            {
                // A gradient whose shape cannot fit makes libtorch raise its own error out of the backward pass: an error, never a wrong gradient.
                return ctx.HandOver([null!, .. Enumerable.Range(0, call.Inputs).Select(_ => empty(0))]);
            }
            finally
            {
                call.Pass.Forget();
            }
        }

        public sealed record Call(BlockPass Pass, Tensor? Value, int Inputs, bool KeepsItself);
    }
}
