using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Nets = Bdia.Core.Tests.Reversible.Stacks;

namespace Bdia.Core.Tests.Training;

public sealed class AdamWInBackwardTests
{
    public static TheoryData<bool, BackpropagationMode, ComputePrecision, double> Ways =>
        [.. from texts in (bool[])[false, true]
            from mode in (BackpropagationMode[])[BackpropagationMode.Reversible, BackpropagationMode.Checkpointed]
            from precision in Enum.GetValues<ComputePrecision>()
            from clip in (double[])[0, 0.01] // below every norm that occurs
            select (texts, mode, precision, clip)];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Weights_moments_and_norms_are_those_of_a_step_over_all_gradients(bool texts, BackpropagationMode mode,
        ComputePrecision precision, double clip)
    {
        using var ordinary = Create();
        using var inPlace = Create();
        using var inBackward = new AdamWInBackward(inPlace.Optimizer, inPlace.Stacks);
        var before = ordinary.Bytes();
        Assert.Equal(before, inPlace.Bytes());

        for (var step = 0; step < 4; step++)
        {
            var norm = ordinary.Step(0.01, clip);
            Assert.True(norm > 0.01);
            Assert.Equal(norm, inPlace.Step(inBackward, 0.01, clip));
        }

        Assert.Equal(ordinary.Bytes(), inPlace.Bytes());
        Assert.NotEqual(before, ordinary.Bytes());

        StackNetwork Create() => texts ? StackNetwork.Texts(mode, precision) : StackNetwork.Images(mode, precision);
    }

    [Fact]
    public void Measuring_changes_nothing_and_gives_the_norm_of_all_gradients()
    {
        using var network = StackNetwork.Images(BackpropagationMode.Reversible, ComputePrecision.Float32);
        using var inBackward = new AdamWInBackward(network.Optimizer, network.Stacks);
        var before = network.Bytes();

        var measured = inBackward.Measure(network.Backward);

        Assert.Equal(before, network.Bytes());
        network.Optimizer.ZeroGradients();
        network.Backward();
        Assert.Equal(network.Optimizer.GradientNorm(), measured);
    }

    [Fact]
    public void Parameters_of_several_pieces_give_the_norm_of_all_gradients_as_well()
    {
        const int width = 200; // 200 x 400 weights: three pieces each
        using var whole = Network(width, out var optimizer);
        using var inPlace = Network(width, out var other);
        using var inBackward = new AdamWInBackward(other, [inPlace]);
        using var x = Nets.Normal(3, 2, 4, width);
        using (optimizer)
        using (other)
        {
            optimizer.ZeroGradients();
            Backward(whole, x);
            Assert.Equal(optimizer.GradientNorm(), inBackward.Measure(() => Backward(inPlace, x)));
        }
    }

    [Theory]
    [InlineData(BackpropagationMode.Reversible)]
    [InlineData(BackpropagationMode.Checkpointed)]
    public void Only_one_block_has_gradients_at_a_time_and_none_has_afterwards(BackpropagationMode mode)
    {
        var (visits, blocks) = (new List<string>(), new List<Watched>());
        for (var k = 0; k < 4; k++) blocks.Add(new Watched($"{k}", new Nets.Mixer(8, (ulong)k, 0, false), Visit));
        using var stack = new BdiaStack("stack", blocks, new() { Mode = mode });
        using var optimizer = new AdamW(ParameterGroups.Of(stack));
        using var inBackward = new AdamWInBackward(optimizer, [stack]);
        using var x = Nets.Normal(3, 2, 4, 8);

        inBackward.Step(() => Backward(stack, x), 1, 0.01);

        Assert.Equal(["3: 3", "2: 2", "1: 1", "0: 0"], visits);
        Assert.All(blocks, block => Assert.False(block.HasGradients));

        void Visit(string name) => visits.Add(
            $"{name}: {string.Join(", ", blocks.Where(block => block.HasGradients).Select(block => block.GetName()))}");
    }

    [Fact]
    public void All_blocks_use_the_same_memory()
    {
        using var stack = Network(8, out var optimizer);
        using var owner = optimizer;
        using var scope = NewDisposeScope();
        var numbers = new int[optimizer.Slots.Count];
        var memory = zeros(optimizer.Slots.Where(slot => slot.Name.StartsWith("0.", StringComparison.Ordinal))
            .Sum(slot => slot.Parameter.numel()));
        for (var i = 0; i < numbers.Length; i++) numbers[i] = i;
        foreach (var block in numbers.GroupBy(i => optimizer.Slots[i].Name[0]))
        {
            using var gradients = new BlockGradients(optimizer, [.. block], memory);
            gradients.Take();
            foreach (var i in block) optimizer.Slots[i].Parameter.grad!.Fill(1);
            Assert.Equal(memory.numel(), memory.sum().item<float>());
            gradients.Release();
            Assert.Empty(gradients.Present());
        }
    }

    [Fact]
    public void What_the_loss_does_not_depend_on_decays_as_in_a_step_over_all_gradients()
    {
        using var ordinary = Network(8, out var optimizer);
        using var inPlace = Network(8, out var other);
        using var inBackward = new AdamWInBackward(other, [inPlace]);
        using (optimizer)
        using (other)
        {
            optimizer.ZeroGradients();
            var before = Weights.Bytes(ordinary);
            optimizer.Step(1, 0.1);
            Assert.Equal(0, inBackward.Step(() => { }, 1, 0.1));
            Assert.NotEqual(before, Weights.Bytes(ordinary));
            Assert.Equal(Weights.Bytes(ordinary), Weights.Bytes(inPlace));
        }
    }

    [Fact]
    public void A_gradient_that_is_not_finite_ends_the_step_before_it_is_applied()
    {
        var residuals = new Residual[] { new Nets.Mixer(8, 1, 0, false), new Nets.Steep(8), new Nets.Mixer(8, 2, 0, false) };
        using var stack = new BdiaStack("stack", residuals, new());
        using var optimizer = new AdamW(ParameterGroups.Of(stack));
        using var inBackward = new AdamWInBackward(optimizer, [stack]);
        using var x = Nets.Normal(3, 2, 4, 8);
        var before = residuals.Select(Weights.Bytes).ToArray();

        Assert.False(double.IsFinite(inBackward.Measure(() => Backward(stack, x))));
        for (var k = 0; k < 3; k++) Assert.Equal(before[k], Weights.Bytes(residuals[k]));

        Assert.False(double.IsFinite(inBackward.Step(() => Backward(stack, x), 1, 0.01)));
        Assert.Equal(before[0], Weights.Bytes(residuals[0]));
        Assert.Equal(before[1], Weights.Bytes(residuals[1]));
        Assert.NotEqual(before[2], Weights.Bytes(residuals[2])); // above: it had its step when the next block's gradient came
        Assert.All(stack.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void A_stack_that_a_loss_uses_twice_is_an_error_and_so_are_weights_used_elsewhere()
    {
        using var stack = Network(8, out var optimizer);
        using var owner = optimizer;
        using var inBackward = new AdamWInBackward(optimizer, [stack]);
        using var x = Nets.Normal(3, 2, 4, 8);
        var weight = optimizer.Slots[0].Parameter;

        var twice = Assert.Throws<InvalidOperationException>(
            () => inBackward.Step(() => Pass(input => stack.forward(stack.forward(input)).sum()), 1, 0.01));
        Assert.Contains("twice", twice.Message, StringComparison.Ordinal);
        foreach (Func<Tensor, Tensor> loss in (Func<Tensor, Tensor>[])[
            input => stack.forward(input).sum().Plus(weight.sum()), // comes after the stack, or before it
            input => stack.forward(input.Plus(weight.mean())).sum(), input => stack.forward(input).sum() * weight.mean()])
        {
            var elsewhere = Assert.Throws<InvalidOperationException>(() => inBackward.Step(() => Pass(loss), 1, 0.01));
            Assert.Contains($"Parameter {optimizer.Slots[0].Name} has a gradient from outside of its block",
                elsewhere.Message, StringComparison.Ordinal);
        }

        Assert.Null(stack.Observer);

        void Pass(Func<Tensor, Tensor> loss)
        {
            using var scope = NewDisposeScope();
            loss(x).backward();
        }
    }

    [Fact]
    public void Stacks_that_cannot_be_served_are_refused()
    {
        using var stack = Network(8, out var optimizer, BackpropagationMode.StoreActivations);
        using var owner = optimizer;
        Refuses("There is no stack", []);
        Refuses("mode StoreActivations, in which autograd makes all gradients at once; choose Reversible or Checkpointed", [stack]);

        var shared = new Nets.Mixer(8, 1, 0, false);
        using var tied = new BdiaStack("tied", [shared, Residual.From(nn.Identity()), shared]);
        using var other = new AdamW(ParameterGroups.Of(tied));
        Assert.Contains("belongs to 2 blocks", Assert.Throws<ArgumentException>(() => new AdamWInBackward(other, [tied])).Message,
            StringComparison.Ordinal);

        void Refuses(string text, BdiaStack[] stacks)
            => Assert.Contains(text, Assert.Throws<ArgumentException>(() => new AdamWInBackward(optimizer, stacks)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_pass_itself_throws_reaches_the_caller_and_the_next_step_is_whole()
    {
        using var ordinary = Network(8, out var optimizer);
        using var inPlace = Network(8, out var other);
        using var inBackward = new AdamWInBackward(other, [inPlace]);
        using var x = Nets.Normal(3, 2, 4, 8);
        using (optimizer)
        using (other)
        {
            Assert.Throws<FormatException>(() => inBackward.Step(() => { Backward(inPlace, x); throw new FormatException(); }, 1, 0));
            Assert.Throws<ArgumentOutOfRangeException>(() => inBackward.Step(() => { }, 0, 0.1));
            other.Load(optimizer.State.ToDictionary());
            inPlace.Clock.Step = 0;
            inBackward.Step(() => Backward(inPlace, x), 1, 0.1);
            optimizer.ZeroGradients();
            Backward(ordinary, x);
            optimizer.Step(1, 0.1);
            Assert.Equal(Weights.Bytes(ordinary), Weights.Bytes(inPlace));
        }
    }

    private static BdiaStack Network(int width, out AdamW optimizer, BackpropagationMode mode = BackpropagationMode.Reversible)
    {
        var stack = Nets.Of(3, width, new() { Mode = mode });
        optimizer = new AdamW(ParameterGroups.Of(stack));
        return stack;
    }

    private static void Backward(BdiaStack stack, Tensor x)
    {
        using var scope = NewDisposeScope();
        stack.forward(x).mul(Nets.Normal(77, x.shape)).sum().backward();
    }

    /// <summary>Says which gradients there are while its own backward pass runs.</summary>
    private sealed class Watched : Residual
    {
        private readonly Residual inner;
        private readonly Action<string> visit;

        public Watched(string name, Residual inner, Action<string> visit) : base(name)
        {
            (this.inner, this.visit) = (inner, visit);
            register_module("inner", inner);
        }

        public bool HasGradients => inner.parameters().Any(parameter => parameter.grad is not null);

        public override Tensor forward(Tensor x, ResidualContext context) => Probe.apply(() => visit(GetName()), inner.forward(x, context));
    }

    private sealed class Probe : autograd.SingleTensorFunction<Probe>
    {
        public override string Name => nameof(Probe);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            ctx.save_data("visit", vars[0]);
            return ((Tensor)vars[1]).alias();
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            ((Action)ctx.get_data("visit"))();
            return ctx.HandOver([null!, gradient.alias()]);
        }
    }
}
