using System.Runtime.Intrinsics;
using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>
/// Few sequences through the standard network by the kernel: against the ordinary way, and against itself on other threads, in other
/// registers and among other sequences.
/// </summary>
public sealed class EncoderKernelTests
{
    private const int GridBits = 9;

    private static readonly Gen<(int Batch, int Tokens, int Heads, int Size, int Hidden, int Depth, bool Leading, int Seed)> Problems =
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 70], Gen.Int[1, 3], Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[1, 3], Gen.Bool,
            Gen.Int[0, 1 << 20]);

    [Fact]
    public void Without_a_grid_it_gives_what_the_ordinary_way_gives()
        => Problems.Sample(p =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var (stack, x) = (Stack(p, quantize: false), Input(p));
            var actual = EncoderKernel.Run(stack, x, p.Leading ? 1 : null);
            var expected = Ordinary(stack, x, p.Leading);
            Assert.Equal(expected.shape, actual.shape);
            // Both are sums of float32 products in another order, through three blocks whose states are of order 1 to 10; a layer
            // normalisation of few features multiplies what came before by up to 1 / deviation.
            var bound = 2e-4f * (1 + expected.abs().max().item<float>());
            Assert.InRange((expected - actual).abs().max().item<float>(), 0, bound);
        }, iter: 60, threads: 1);

    [Fact]
    public void On_a_grid_it_stays_on_it_and_within_a_step_of_it_for_each_block()
        => Problems.Sample(p =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var (stack, x) = (Stack(p, quantize: true), Input(p));
            var actual = EncoderKernel.Run(stack, x, p.Leading ? 1 : null);
            var expected = Ordinary(stack, x, p.Leading);
            var scaled = actual.Times(1 << GridBits);
            Assert.True(scaled.equal(scaled.round()).all().item<bool>(), "The states are multiples of the grid's step.");
            // A rounding that falls the other way is a step, and a block may make two of the one before it.
            Assert.InRange((expected - actual).abs().max().item<float>() * (1 << GridBits), 0, (1 << p.Depth) - 1);
        }, iter: 60, threads: 1);

    [Fact]
    public void The_bits_depend_neither_on_threads_nor_on_registers_nor_on_other_sequences()
        => Problems.Sample(p =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var (stack, x) = (Stack(p, quantize: true), Input(p));
            int? leading = p.Leading ? 1 : null;
            var expected = EncoderKernel.Run(stack, x, leading);
            foreach (var threads in new[] { 1, 2, 3, 16 })
            {
                Same(EncoderKernel.Run<Simd256, Vector256<float>>(stack, x, leading, threads), $"{threads} threads, 256 bits");
                Same(EncoderKernel.Run<Simd512, Vector512<float>>(stack, x, leading, threads), $"{threads} threads, 512 bits");
            }

            for (var row = 0; row < p.Batch; row++)
                Assert.True(expected.narrow(0, row, 1).bytes.SequenceEqual(EncoderKernel.Run(stack, x.narrow(0, row, 1), leading).bytes),
                    $"sequence {row} alone");

            void Same(Tensor actual, string what) => Assert.True(expected.bytes.SequenceEqual(actual.bytes), what);
        }, iter: 40, threads: 1);

    [Theory]
    [InlineData(1e6f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_state_beyond_the_range_is_refused_as_in_the_ordinary_way(float value)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var p = (Batch: 2, Tokens: 20, Heads: 2, Size: 8, Hidden: 16, Depth: 2, Leading: true, Seed: 1);
        var (stack, x) = (Stack(p, quantize: true), Input(p));
        x[1, 19, 3] = value;

        var expected = Assert.Throws<ReversibilityException>(() => Ordinary(stack, x, leading: true));
        var actual = Assert.Throws<ReversibilityException>(() => EncoderKernel.Run(stack, x, leading: 1));

        Assert.Equal(expected.Message, actual.Message);
    }

    [Fact]
    public void It_serves_short_sequences_in_evaluation_alone()
    {
        using var scope = NewDisposeScope();
        var p = (Batch: 1, Tokens: 9, Heads: 2, Size: 4, Hidden: 8, Depth: 2, Leading: false, Seed: 1);
        var (stack, x) = (Stack(p, quantize: true), Input(p));
        Assert.False(EncoderKernel.Fits(stack, x)); // a gradient may be wanted
        using var noGradients = no_grad();
        Assert.True(EncoderKernel.Fits(stack, x));
        Assert.False(EncoderKernel.Fits(stack, randn(1, 500, 8)));
        Assert.True(EncoderKernel.Fits(stack, x.expand(64, -1, -1)));
        var wide = Stack(p with { Size = 256 }, quantize: true); // 4 MB of weights
        Assert.True(EncoderKernel.Fits(wide, randn(7, 65, 512)));
        Assert.False(EncoderKernel.Fits(wide, randn(8, 65, 512)));
        stack.train();
        Assert.False(EncoderKernel.Fits(stack, x));
        Assert.False(EncoderKernel.Fits(Stack(p, quantize: true, options => options with { Causal = true }), x));
        Assert.False(EncoderKernel.Fits(Stack(p, quantize: true, options => options with { LayerScale = true }), x));
        Assert.False(EncoderKernel.Fits(Stack(p, quantize: true, options => options with { QueryKeyNorm = true }), x));
        Assert.False(EncoderKernel.Fits(Stack(p, quantize: true, options => options with { Precision = ComputePrecision.BFloat16 }), x));
    }

    [Fact]
    public void A_picture_alone_gets_the_label_that_it_gets_among_others()
        => Gen.Int[0, 1 << 20].Sample(seed =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            using var model = new VisionTransformer(
                VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, 32, 32, 3, 10), (ulong)seed);
            model.eval();
            using var generator = new Generator((ulong)seed);
            var images = randn([16, 3, 32, 32], generator: generator);
            var together = model.forward(images);
            var alone = cat([.. Enumerable.Range(0, 16).Select(i => model.forward(images.narrow(0, i, 1)))]);
            var difference = (together - alone).abs().max().item<float>();
            Assert.InRange(difference, 0, 0.05f); // what the grid itself may move a logit by is 0.02
            var best = together.topk(2, 1).values;
            // Labels are equal where the two best are further apart than both may have moved.
            var clear = (best.select(1, 0) - best.select(1, 1)).Above(2 * difference);
            Assert.True(together.argmax(1).eq(alone.argmax(1)).logical_or(clear.logical_not()).all().item<bool>());
            Assert.True(clear.sum().item<long>() > 8);
        }, iter: 4, threads: 1);

    private static Tensor Ordinary(BdiaStack stack, Tensor x, bool leading) => Encoder.ByStack(stack, x, leading ? 1 : null);

    private static BdiaStack Stack((int Batch, int Tokens, int Heads, int Size, int Hidden, int Depth, bool Leading, int Seed) p,
        bool quantize, Func<TransformerBlockOptions, TransformerBlockOptions>? change = null)
    {
        using var generator = new Generator((ulong)p.Seed);
        var options = new TransformerBlockOptions { Width = p.Heads * p.Size, Heads = p.Heads, FeedForwardWidth = p.Hidden };
        options = change?.Invoke(options) ?? options;
        var blocks = Enumerable.Range(0, p.Depth).Select(_ => new TransformerBlock(options, generator)).ToArray();
        var stack = new BdiaStack("stack", blocks, new() { Quantize = quantize, FractionBits = GridBits,
            Mode = quantize ? BackpropagationMode.Reversible : BackpropagationMode.Checkpointed });
        stack.eval();
        return stack;
    }

    private static Tensor Input((int Batch, int Tokens, int Heads, int Size, int Hidden, int Depth, bool Leading, int Seed) p)
    {
        using var generator = new Generator((ulong)p.Seed + 1);
        return randn([p.Batch, p.Tokens, p.Heads * p.Size], generator: generator);
    }
}
