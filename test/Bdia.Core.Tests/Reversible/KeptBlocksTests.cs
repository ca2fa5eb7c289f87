using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Stacks that rebuild the states of their first blocks alone, beside those that rebuild all.</summary>
[Collection("Alone")]
public class KeptBlocksTests
{
    private const int Width = 8, Tokens = 6, Batch = 3;

    [Fact]
    public void Whatever_is_kept_values_and_gradients_are_the_same_bit_for_bit()
        => Gen.Select(Gen.Int[1, 6], Gen.Int[0, 8], Gen.Int[0, Tokens], Gen.Int[1, 8], Gen.Int[0, 7], Gen.ULong[0, 1000])
            .Sample((depth, kept, leading, m, flags, seed) =>
    {
        using var scope = NewDisposeScope();
        var (half, isMasked, byGraph) = ((flags & 1) != 0, (flags & 2) != 0, flags == 7);
        var all = Outcome(0);
        foreach (var (name, values) in Outcome(kept)) Assert.True(values.AsSpan().SequenceEqual(all[name]), name);

        Dictionary<string, float[]> Outcome(int blocks)
        {
            var options = new BdiaStackOptions { KeptBlocks = blocks, Gamma = GammaSchedule.Exponent(m) };
            using var stack = byGraph ? Stacks.Of(depth, Width, options, seed, dropout: 0.2) : Of(depth, options, seed, half);
            var x = Stacks.Normal(seed, Batch, Tokens, Width).requires_grad_(true);
            Tensor[] conditions = isMasked && !byGraph
                ? [Stacks.Normal(seed + 2, Batch, Tokens).Above(0).logical_or_(TensorMath.Range(Tokens, CPU).EqualTo(0))] : [];
            var xLast = leading > 0 ? stack.Leading(x, leading, conditions) : stack.forward(x, conditions);
            (xLast * Stacks.Normal(seed + 1, xLast.shape)).sum().backward();
            Assert.Null(stack.BackwardFault);
            var result = stack.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.contiguous().data<float>().ToArray());
            (result["x"], result["x_K"]) = (x.grad!.data<float>().ToArray(), xLast.contiguous().data<float>().ToArray());
            return result;
        }
    }, iter: 200, threads: 1);

    [Theory]
    [InlineData(0, 0, 6, 5)]
    [InlineData(0, 1, 5, 4)]
    [InlineData(0, 4, 2, 1)]
    [InlineData(0, 5, 1, 0)]
    [InlineData(0, 6, 0, 0)]
    [InlineData(0, 9, 0, 0)]
    [InlineData(1, 0, 5, 4)] // the last one, of which one token is read, is kept anyhow
    [InlineData(1, 1, 5, 4)]
    [InlineData(1, 2, 4, 3)]
    [InlineData(1, 6, 0, 0)]
    public void What_is_kept_is_evaluated_once_and_needs_no_pads(int leading, int kept, int evaluatedAgain, int pads)
    {
        using var scope = NewDisposeScope();
        const int depth = 6, exponent = 2;
        List<Counting> blocks = [];
        using var generator = new Generator(1);
        for (var k = 0; k < depth; k++) blocks.Add(new Counting(Block(generator, half: false)));
        using var stack = new BdiaStack("stack", blocks, new() { KeptBlocks = kept, Gamma = GammaSchedule.Exponent(exponent) });
        var x = Stacks.Normal(1, Batch, Tokens, Width);
        var xLast = leading > 0 ? stack.Leading(x, leading) : stack.forward(x);

        Assert.Equal(pads * Batch * Tokens * Width * exponent / 8, stack.SideInformationBytes);
        Assert.All(blocks, block => Assert.Equal(1, block.Evaluations));
        xLast.sum().backward();
        Assert.Equal([.. Enumerable.Range(0, depth).Select(k => k < evaluatedAgain ? 2 : 1)], blocks.Select(block => block.Evaluations));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_residual_that_does_not_repeat_itself_is_caught_below_what_is_kept(int at)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var stack = new BdiaStack("stack", Enumerable.Range(0, 4).Select<int, Residual>(k => k == at
            ? new Stacks.Impure(new Stacks.Mixer(Width, 1, 0, false)) : Block(generator, half: false)), new() { KeptBlocks = 2 });
        Assert.ThrowsAny<Exception>(() => stack.forward(Stacks.Normal(3, Batch, Tokens, Width)).sum().backward());
        Assert.NotNull(stack.BackwardFault);
    }

    [Fact]
    public void An_audit_names_the_block_below_what_is_kept_and_a_probe_rebuilds_all()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var faulty = new BdiaStack("stack", Enumerable.Range(0, 4).Select<int, Residual>(k => k == 1
            ? new Stacks.Impure(new Stacks.Mixer(Width, 1, 0, false)) : Block(generator, half: false)),
            new() { KeptBlocks = 2, Audit = true });
        Assert.ThrowsAny<Exception>(() => faulty.forward(Stacks.Normal(3, Batch, Tokens, Width)).sum().backward());
        Assert.Equal(1, faulty.BackwardFault!.Block);

        using var stack = Of(5, new() { KeptBlocks = 3 }, 1, half: false);
        var report = ReversibilityProbe.Run(stack, Stacks.Normal(3, Batch, Tokens, Width));
        Assert.True(report.IsExact);
        Assert.Equal(4 * Batch * Tokens * Width, report.Elements);
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(9, 0)]
    public void A_training_step_leaves_no_tensor_behind(int kept, int leading)
    {
        using var stack = Of(4, new() { KeptBlocks = kept }, 1, half: false);
        using var input = Stacks.Normal(3, Batch, Tokens, Width);
        LiveTensors.AssertKept(20, () =>
        {
            using var scope = NewDisposeScope();
            (leading > 0 ? stack.Leading(input, leading) : stack.forward(input)).sum().backward();
            stack.zero_grad(); // gradients replace gradients
        });
    }

    [Fact]
    public void Fewer_than_none_are_refused()
        => Assert.Contains("KeptBlocks is -1", Assert.Throws<ArgumentException>(() => new BdiaStackOptions { KeptBlocks = -1 }.Validate())
            .Message, StringComparison.Ordinal);

    private static BdiaStack Of(int depth, BdiaStackOptions options, ulong seed, bool half)
    {
        using var generator = new Generator(seed);
        return new BdiaStack("stack", Enumerable.Range(0, depth).Select(_ => Block(generator, half)).ToArray(), options,
            new TrainingClock(seed));
    }

    private static TransformerBlock Block(Generator generator, bool half) => Stacks.Spread(new TransformerBlock(new()
    {
        Width = Width, Heads = 2, FeedForwardWidth = 7, Dropout = 0.2, StochasticDepth = 0.1,
        Precision = half ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
    }, generator), 0.25);

    /// <summary>A block that counts how often it is evaluated in a pass.</summary>
    private sealed class Counting : Residual
    {
        private readonly TransformerBlock block;

        public Counting(TransformerBlock block) : base("counting")
        {
            this.block = block;
            register_module("block", block);
        }

        public int Evaluations { get; private set; }

        public override Tensor forward(Tensor x, ResidualContext context) => block.forward(x, context);

        internal override bool WritesBackwardPass(Tensor x) => block.WritesBackwardPass(x);

        internal override IEvaluation Evaluate(Tensor x, ResidualContext context, Workspace workspace, bool keep, int? leading = null)
        {
            Evaluations++;
            return block.Evaluate(x, context, workspace, keep, leading);
        }
    }
}
