using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Small stacks and residuals for tests; nothing here draws from libtorch's global generator.</summary>
internal static class Stacks
{
    /// <summary>Normally distributed values from a generator of their own.</summary>
    public static Tensor Normal(ulong seed, params long[] shape)
    {
        using var generator = new Generator(seed);
        return randn(shape, generator: generator);
    }

    /// <summary>Moves all weights, as training would, so that no part of a module is negligible.</summary>
    public static TModule Spread<TModule>(TModule module, double deviation) where TModule : nn.Module
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var (parameter, i) in module.parameters().Select((parameter, i) => (parameter, i)))
            parameter.PlusInPlace(Normal((ulong)i, parameter.shape), deviation);
        return module;
    }

    public static BdiaStack Of(int depth, int width, BdiaStackOptions options, ulong seed = 1, double dropout = 0, bool bfloat16 = false,
        TrainingClock? clock = null, IStepKernel? kernel = null)
    {
        var residuals = Enumerable.Range(0, depth).Select(k => new Mixer(width, seed * 1000 + (ulong)k, dropout, bfloat16));
        return new BdiaStack("stack", residuals, options, clock ?? new TrainingClock(seed), 0, kernel);
    }

    /// <summary>
    /// A residual with a norm, token mixing by attention, a hidden layer, dropout and both uses of x that a transformer block has.
    /// </summary>
    internal sealed class Mixer : Residual
    {
        private readonly Parameter inward, outward, scale;
        private readonly double dropout;
        private readonly bool halves;

        public Mixer(int width, ulong seed, double dropout, bool bfloat16) : base("mixer")
        {
            using var scope = NewDisposeScope();
            inward = new Parameter(Normal(seed, width, 2 * width).Times(1 / MathF.Sqrt(width)));
            outward = new Parameter(Normal(seed + 500, 2 * width, width).Times(0.5f / MathF.Sqrt(width)));
            scale = new Parameter(ones(width));
            foreach (var p in new[] { inward, outward, scale }) p.MoveToOuterDisposeScope();
            (this.dropout, halves) = (dropout, bfloat16);
            register_parameter("in", inward);
            register_parameter("out", outward);
            register_parameter("scale", scale);
        }

        public override Tensor forward(Tensor x, ResidualContext context)
        {
            using var scope = NewDisposeScope();
            var y = nn.functional.layer_norm(x, [x.shape[^1]], scale);
            if (context.Conditions.Count > 0) y = y.Plus(context.Conditions[0]);
            var f = nn.functional.scaled_dot_product_attention(y.unsqueeze(1), y.unsqueeze(1), y.unsqueeze(1)).squeeze(1);
            var z = x.Plus(f);
            var hidden = nn.functional.gelu(Product(z, inward));
            var g = Product(hidden, outward);
            if (context.Random is { } random) g = random.DropPath(random.Dropout(g, dropout), dropout / 2);
            return f.Plus(g).Times(0.3f).MoveToOuterDisposeScope();
        }

        private Tensor Product(Tensor x, Tensor weight)
            => halves ? x.to(bfloat16).matmul(weight.to(bfloat16)).to(float32) : x.matmul(weight);
    }

    /// <summary>A residual that does not repeat itself: what the library must catch.</summary>
    internal sealed class Impure(Residual inner) : Residual("impure")
    {
        private int calls;

        public override Tensor forward(Tensor x, ResidualContext context) => inner.forward(x, context).Plus(0.25 * calls++);
    }

    /// <summary>A finite value with an infinite derivative.</summary>
    internal sealed class Steep : Residual
    {
        private readonly Parameter weight;

        public Steep(int width) : base("steep")
        {
            weight = new Parameter(zeros(width));
            register_parameter("weight", weight);
        }

        public override Tensor forward(Tensor x, ResidualContext context) => weight.sqrt().expand_as(x);
    }

    /// <summary>Every gradient of a stack and its input after one backward pass of sum(x_K * weight), and the loss.</summary>
    public static Dictionary<string, float[]> Gradients(BdiaStack stack, Tensor input, params Tensor[] conditions)
    {
        using var scope = NewDisposeScope();
        stack.zero_grad();
        stack.train();
        var x = input.detach().clone().requires_grad_(true);
        var leaves = conditions.Select(c => c.detach().clone().requires_grad_(true)).ToArray();
        var loss = (stack.forward(x, leaves) * Normal(77, input.shape)).sum();
        loss.backward();
        var result = new Dictionary<string, float[]> { ["loss"] = loss.data<float>().ToArray(), ["x"] = x.grad!.data<float>().ToArray() };
        for (var i = 0; i < leaves.Length; i++) result[$"condition {i}"] = leaves[i].grad!.data<float>().ToArray();
        foreach (var (name, parameter) in stack.named_parameters()) result[name] = parameter.grad!.data<float>().ToArray();
        return result;
    }
}
