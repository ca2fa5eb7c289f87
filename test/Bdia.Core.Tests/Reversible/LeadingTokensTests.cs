using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Stacks of which the first tokens alone are read, beside whole ones.</summary>
[Collection("Alone")]
public class LeadingTokensTests
{
    private static readonly Gen<Case> Cases =
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 8],
        Gen.Select(Gen.Bool, Gen.Bool), Gen.ULong[0, 1000])
        .Select((depth, heads, tokens, leading, batch, m, either, seed) =>
            new Case(depth, heads, tokens, Math.Min(leading, tokens), batch, m, either.Item1, either.Item2, seed));

    [Fact]
    public void Values_and_gradients_are_those_of_the_whole() => Cases.Sample(c =>
    {
        using var scope = NewDisposeScope();
        var cut = c.Gradients(BackpropagationMode.Reversible, dropout: 0, (stack, x) => stack.Leading(x, c.Leading, c.Conditions));
        var whole = c.Gradients(BackpropagationMode.Reversible, dropout: 0,
            (stack, x) => stack.forward(x, c.Conditions).narrow(1, 0, c.Leading));
        // Products over fewer rows round at other places: 2^-24 through a block's six layers, and in bfloat16, 2^-8. In x_K that is a step
        // of the grid at most.
        var tolerance = c.Half ? 0.1 : 1e-4;
        var largest = whole.Where(pair => pair.Key != "x_K").Max(pair => Norm(pair.Value));
        foreach (var (name, expected) in whole)
        {
            var error = Norm([.. expected.Zip(cut[name], (a, b) => a - b)]);
            if (name == "x_K" && !c.Half) Assert.All(expected.Zip(cut[name]),
                pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1.0 / 512));
            else Assert.True(error <= tolerance * (Norm(expected) + largest / 10), $"{name}: {error} off, of {Norm(expected)}");
        }
    }, iter: 100, threads: 1);

    [Fact]
    public void All_modes_give_the_same_values_and_gradients_bit_for_bit() => Gen.Select(Cases, Gen.Bool).Sample((c, ownBackward) =>
    {
        using var scope = NewDisposeScope();
        var outcomes = Enum.GetValues<BackpropagationMode>().Select(mode => ownBackward
            ? c.Gradients(mode, dropout: 0.2, (stack, x) => stack.Leading(x, c.Leading, c.Conditions))
            : c.OfGraphs(mode, (stack, x) => stack.Leading(x, c.Leading, [.. c.Conditions.Select(mask => mask.unsqueeze(-1))]))).ToArray();
        foreach (var other in outcomes.Skip(1))
            foreach (var (name, values) in outcomes[0]) Assert.True(values.AsSpan().SequenceEqual(other[name]), name);
    }, iter: 60, threads: 1);

    [Fact]
    public void In_evaluation_mode_values_are_those_of_the_whole() => Gen.Select(Cases, Gen.Bool).Sample((c, away) =>
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var stack = c.Stack(away ? new() { Mode = BackpropagationMode.StoreActivations, InferenceGamma = 0.25 }
            : new(), dropout: 0.2);
        stack.eval();
        var x = Stacks.Normal(c.Seed, c.Batch, c.Tokens, c.Width);
        var (cut, whole) = (stack.Leading(x, c.Leading, c.Conditions), stack.forward(x, c.Conditions).narrow(1, 0, c.Leading));
        Assert.Equal(whole.shape, cut.shape);
        Assert.InRange((cut - whole).abs().max().item<float>(), 0, c.Half ? 0.2 : 1.0 / 512); // as above
        using (enable_grad()) Assert.InRange((stack.Leading(x, c.Leading, c.Conditions) - whole).abs().max().item<float>(), 0, c.Half
            ? 0.2 : 1.0 / 512);
    }, iter: 60, threads: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_impure_residual_below_the_last_is_caught(int at)
    {
        using var scope = NewDisposeScope();
        using var stack = new BdiaStack("stack", Enumerable.Range(0, 4).Select(k =>
        {
            Residual pure = new Stacks.Mixer(8, (ulong)k + 1, 0, false);
            return k == at ? new Stacks.Impure(pure) : pure;
        }), new() { Audit = true });
        Assert.ThrowsAny<Exception>(() => stack.Leading(Stacks.Normal(3, 2, 5, 8), 1).sum().backward());
        Assert.Equal(at, stack.BackwardFault!.Block);
    }

    [Fact]
    public void The_pads_of_the_last_step_are_not_kept()
    {
        using var scope = NewDisposeScope();
        using var stack = new Case(Depth: 4, Heads: 2, Tokens: 6, Leading: 1, Batch: 3, Exponent: 3, Half: false, Masked: false, Seed: 1)
            .Stack(new() { Gamma = GammaSchedule.Exponent(3) }, dropout: 0);
        stack.Leading(Stacks.Normal(1, 3, 6, 8), 1).sum().backward();
        Assert.Equal(2 * 3 * 6 * 8 * 3 / 8, stack.SideInformationBytes);
    }

    [Theory]
    [InlineData(BackpropagationMode.Reversible, true)]
    [InlineData(BackpropagationMode.Reversible, false)] // a pass that nobody goes back through
    [InlineData(BackpropagationMode.StoreActivations, true)]
    [InlineData(BackpropagationMode.StoreActivations, false)]
    [InlineData(BackpropagationMode.Checkpointed, true)]
    public void A_training_step_leaves_no_tensor_behind(BackpropagationMode mode, bool back)
    {
        using var stack = new Case(Depth: 4, Heads: 2, Tokens: 6, Leading: 1, Batch: 3, Exponent: 1, Half: false, Masked: false, Seed: 1)
            .Stack(new() { Mode = mode }, dropout: 0.1);
        using var input = Stacks.Normal(3, 3, 6, 8);
        LiveTensors.AssertKept(20, () =>
        {
            using var scope = NewDisposeScope();
            var loss = stack.Leading(input, 1).sum();
            if (back) loss.backward();
            stack.zero_grad(); // gradients replace gradients
        });
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private sealed record Case(int Depth, int Heads, int Tokens, int Leading, int Batch, int Exponent, bool Half, bool Masked, ulong Seed)
    {
        public int Width => 4 * Heads;

        /// <summary>Which tokens are real, the first of every sequence among them; or nothing.</summary>
        public Tensor[] Conditions => Masked
            ? [Stacks.Normal(Seed + 2, Batch, Tokens).Above(0).logical_or_(TensorMath.Range(Tokens, CPU).EqualTo(0))] : [];

        public BdiaStack Stack(BdiaStackOptions options, double dropout)
        {
            using var generator = new Generator(Seed);
            var block = new TransformerBlockOptions
            {
                Width = Width, Heads = Heads, FeedForwardWidth = 7, Dropout = dropout, StochasticDepth = dropout, Precision = Half
                    ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
            };
            return new BdiaStack("stack",
                Enumerable.Range(0, Depth).Select(k => Stacks.Spread(new TransformerBlock(block, generator), 0.25)),
                options, new TrainingClock(Seed));
        }

        public Dictionary<string, float[]> Gradients(BackpropagationMode mode, double dropout, Func<BdiaStack, Tensor, Tensor> run)
        {
            using var stack = Stack(new() { Mode = mode, Gamma = GammaSchedule.Exponent(Exponent) }, dropout);
            return Gradients(stack, run);
        }

        /// <summary>Of residuals that autograd goes back through.</summary>
        public Dictionary<string, float[]> OfGraphs(BackpropagationMode mode, Func<BdiaStack, Tensor, Tensor> run)
        {
            using var stack = Stacks.Of(Depth, Width, new() { Mode = mode, Gamma = GammaSchedule.Exponent(Exponent) },
                Seed, dropout: 0.2, Half);
            return Gradients(stack, run);
        }

        private Dictionary<string, float[]> Gradients(BdiaStack stack, Func<BdiaStack, Tensor, Tensor> run)
        {
            stack.train();
            var x = Stacks.Normal(Seed, Batch, Tokens, Width).requires_grad_(true);
            var xLast = run(stack, x);
            Assert.Equal([Batch, Leading, Width], xLast.shape);
            (xLast * Stacks.Normal(Seed + 1, xLast.shape)).sum().backward();
            var result = stack.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.contiguous().data<float>().ToArray());
            result.Add("x", x.grad!.data<float>().ToArray());
            result.Add("x_K", xLast.contiguous().data<float>().ToArray());
            return result;
        }
    }
}
