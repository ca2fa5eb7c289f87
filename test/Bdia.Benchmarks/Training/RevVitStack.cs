using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>
/// A two-stream reversible transformer: y1 = x1 + F(x2), y2 = x2 + G(y1), F attention and G feed-forward, each behind a norm. Both streams
/// are rebuilt from the last ones, up to rounding; the input enters both, and their mean leaves.
/// </summary>
internal sealed class RevVitStack : nn.Module<Tensor, Tensor>
{
    private readonly Branch[] attention;
    private readonly Branch[] feedForward;

    public RevVitStack(TransformerBlockOptions options, int depth, Generator generator) : base(nameof(RevVitStack))
    {
        attention = new Branch[depth];
        feedForward = new Branch[depth];
        for (var k = 0; k < depth; k++)
        {
            attention[k] = new Branch(options.Width, new SelfAttention(options.Width, options.Heads, generator, options.Precision));
            feedForward[k] = new Branch(options.Width,
                new FeedForward(options.Width, options.FeedForwardWidth, generator, options.Precision));
            register_module($"attn{k}", attention[k]);
            register_module($"mlp{k}", feedForward[k]);
        }
    }

    public override Tensor forward(Tensor x) => TwoStreams.Apply(this, x);

    private (Tensor Y1, Tensor Y2) Forth(Tensor x)
    {
        using var noGraph = no_grad();
        using var scope = NewDisposeScope();
        var (x1, x2) = (x.clone(), x.clone());
        for (var k = 0; k < attention.Length; k++)
        {
            using var block = NewDisposeScope();
            x1.PlusInPlace(attention[k].forward(x2));
            x2.PlusInPlace(feedForward[k].forward(x1));
        }

        return (x1.MoveToOuterDisposeScope(), x2.MoveToOuterDisposeScope());
    }

    // Takes the streams and their gradients, and leaves in all four what they were before the first block.
    private void Back(Tensor y1, Tensor y2, Tensor g1, Tensor g2)
    {
        for (var k = attention.Length - 1; k >= 0; k--)
        {
            Undo(feedForward[k], y1, y2, g1, g2); // x2 = y2 - G(y1);  g1 += J_G^T g2
            Undo(attention[k], y2, y1, g2, g1);   // x1 = y1 - F(x2);  g2 += J_F^T g1
        }
    }

    private static void Undo(Branch branch, Tensor input, Tensor output, Tensor inputGradient, Tensor outputGradient)
    {
        using var scope = NewDisposeScope();
        var leaf = input.detach().requires_grad_(true);
        Tensor value;
        using (enable_grad()) value = branch.forward(leaf);
        using (no_grad()) output.PlusInPlace(value, -1);
        autograd.backward([value], [outputGradient]);
        using (no_grad()) inputGradient.PlusInPlace(leaf.grad!);
    }

    private sealed class Branch : nn.Module<Tensor, Tensor>
    {
        private readonly LayerNorm norm;
        private readonly nn.Module<Tensor, Tensor> inner;

        public Branch(int width, nn.Module<Tensor, Tensor> inner) : base(nameof(Branch))
        {
            norm = new LayerNorm(width);
            this.inner = inner;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            return inner.forward(norm.forward(x)).to(float32).MoveToOuterDisposeScope();
        }
    }

    private sealed class TwoStreams : autograd.SingleTensorFunction<TwoStreams>
    {
        public override string Name => nameof(TwoStreams);

        public static Tensor Apply(RevVitStack stack, Tensor x)
        {
            using var scope = NewDisposeScope();
            return apply([stack, x]).MoveToOuterDisposeScope();
        }

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (y1, y2) = ((RevVitStack)vars[0]).Forth((Tensor)vars[1]);
            ctx.save_data("stack", vars[0]);
            ctx.save_for_backward([y1, y2]);
            return y1.Plus(y2).TimesInPlace(0.5);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            using var scope = NewDisposeScope();
            using var handle = gradient;
            var streams = ctx.get_saved_variables();
            using var noGraph = no_grad();
            var g1 = gradient.Times(0.5);
            var g2 = g1.clone();
            ((RevVitStack)ctx.get_data("stack")).Back(streams[0].detach(), streams[1].detach(), g1, g2);
            List<Tensor> gradients = [null!, g1.PlusInPlace(g2).MoveToOuterDisposeScope()];
            ctx.save_data("gradients", gradients);
            return gradients;
        }
    }
}
