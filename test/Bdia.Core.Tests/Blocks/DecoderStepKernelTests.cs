using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>
/// A block's step for the newest tokens by the kernel, with cross-attention and without, against libtorch's operations and against itself
/// on other threads and among other rows.
/// </summary>
public class DecoderStepKernelTests
{
    // Places on both sides of a growth of what is kept, which has room for 16 tokens at first.
    private const int Steps = 18;

    [Fact]
    public void It_gives_what_libtorch_gives_step_after_step()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 30], Gen.OneOf(Gen.Int[1, 9], Gen.Int[1, 40]),
            Gen.Int[0, 11], Gen.Int[0, 1 << 20]).Sample(
            (heads, size, hidden, rows, sourceTokens, seed) =>
            {
                using var scope = NewDisposeScope();
                using var noGradients = no_grad();
                var p = new Problem(heads, size, hidden, rows, sourceTokens, (ulong)seed);
                using KeyValueCache pastOfKernel = p.Past(), pastOfLibtorch = p.Past();
                using var step = p.Block.Step(); // once for all
                for (var position = 0; position < Steps; position++)
                {
                    using var inner = NewDisposeScope();
                    var x = p.Input(position);
                    var expected = p.Block.NextByOperations(x, p.At(pastOfLibtorch, position));
                    var actual = DecoderStepKernel.Apply(step, x, p.At(pastOfKernel, position));
                    Assert.Equal(expected.shape, actual.shape);
                    // Both are sums of float32 products, each rounded at 2⁻²⁴, in another order, through eight layers with weights of order
                    // 1. A layer normalisation multiplies what came before by 1 / deviation, which rows of few features may have large.
                    Assert.InRange((expected - actual).abs().max().item<float>(), 0, p.Rounding(x, expected));
                    var written = pastOfKernel.Memory.narrow(1, 0, position + 1);
                    Assert.InRange((pastOfLibtorch.Memory.narrow(1, 0, position + 1) - written).abs().max().item<float>(),
                        0, p.Rounding(x, written));
                }
            }, iter: 60, threads: 1);

    [Fact]
    public void The_bits_of_a_row_depend_neither_on_threads_nor_on_other_rows()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 30], Gen.Int[1, 150], Gen.Bool, Gen.Int[0, 1 << 20])
            .Sample((heads, size, hidden, rows, crosses, seed) =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var p = new Problem(heads, size, hidden, rows, crosses ? 5 : 0, (ulong)seed);
            using var step = p.Block.Step();
            var x = p.Input(0);
            var expected = Step(x, p.Memory, p.Mask, null);
            foreach (var threads in new[] { 1, 2, 3, 16 }) Assert.True(
                expected.bytes.SequenceEqual(Step(x, p.Memory, p.Mask, threads).bytes), $"{threads} threads");
            for (var row = 0; row < rows; row += 13)
            {
                var alone = Step(x.narrow(0, row, 1).contiguous(), p.Memory?.narrow(0, row, 1).contiguous(),
                    p.Mask?.narrow(0, row, 1).contiguous(), null);
                Assert.True(expected.narrow(0, row, 1).bytes.SequenceEqual(alone.bytes), $"row {row}");
            }

            Tensor Step(Tensor input, Tensor? memory, Tensor? mask, int? threads)
            {
                using var past = new KeyValueCache(input.shape[0], heads, size, CPU);
                return DecoderStepKernel.Apply(step, input, new(past, 0, memory, mask), threads);
            }
        }, iter: 40, threads: 1);

    [Fact]
    public void Rows_that_go_on_from_others_get_the_bits_that_copies_would_give()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[1, 30], Gen.Int[1, 40], Gen.Int[0, 11], Gen.Int[0, 1 << 20])
            .Sample((heads, size, hidden, rows, sourceTokens, seed) =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var (p, random) = (new Problem(heads, size, hidden, rows, sourceTokens, (ulong)seed), new Random(seed));
            using KeyValueCache past = p.Past(), copied = p.Past();
            using var step = p.Block.Step();
            TokenPlaces places = new(rows), origins = new(rows), copies = new(rows);
            origins.Write(0, 1);
            var (memory, mask, count) = (p.Memory, p.Mask, rows);
            for (var position = 0; position < Steps; position++)
            {
                using var inner = NewDisposeScope();
                if (position % 3 == 2)
                {
                    // fewer rows or more than before, or the same ones in another order
                    var chosen = Enumerable.Range(0, random.Next(1, 2 * rows)).Select(_ => (long)random.Next(count)).ToArray();
                    places.Select(chosen);
                    origins.Select(chosen);
                    copies.Select(chosen);
                    copied.Settle(copies);
                    copies.Settle();
                    memory = memory?.index_select(0, tensor(chosen)).MoveToOuterDisposeScope();
                    mask = mask?.index_select(0, tensor(chosen)).MoveToOuterDisposeScope();
                    count = chosen.Length;
                }

                var x = Stacks.Normal((ulong)(seed + position), count, 1, heads * size);
                places.Write(position, 1);
                copies.Write(position, 1);
                var actual = DecoderStepKernel.Apply(step, x, new(past, position, p.Memory, p.Mask, places, origins));
                Assert.True(DecoderStepKernel.Apply(step, x, new(copied, position, memory, mask)).Equals(actual), $"step {position}");
            }
        }, iter: 40, threads: 1);

    [Fact]
    public void What_the_mask_forbids_counts_for_nothing()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var p = new Problem(2, 8, 20, 11, 9, 1);
        using KeyValueCache first = p.Past(), second = p.Past();
        using var step = p.Block.Step();
        var changed = p.Memory!.MaskedFill(p.Mask!.logical_not().view(11, 9, 1, 1, 1), 1e3);
        Assert.False(changed.Equals(p.Memory!));
        Assert.True(DecoderStepKernel.Apply(step, p.Input(0), p.At(first, 0))
            .Equals(DecoderStepKernel.Apply(step, p.Input(0), new(second, 0, changed, p.Mask))));
    }

    [Fact]
    public void A_step_leaves_its_result_and_nothing_else()
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var p = new Problem(2, 8, 20, 11, 9, 1);
        using var past = p.Past();
        using var x = p.Input(0);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        BlockStep? step = null;
        using var result = p.Block.Next(x, p.At(past, 0), ref step);
        Assert.NotNull(step);
        step.Dispose();
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    // A block with weights as training would leave them, and memory, if it has any tokens, of which every row sees the first and some
    // others.
    private sealed class Problem
    {
        private readonly int heads, size, rows;
        private readonly ulong seed;

        public Problem(int heads, int size, int hidden, int rows, int sourceTokens, ulong seed)
        {
            (this.heads, this.size, this.rows, this.seed) = (heads, size, rows, seed);
            using var generator = new Generator(1);
            Block = Stacks.Spread(new TransformerBlock(
                new() { Width = heads * size, Heads = heads, FeedForwardWidth = hidden, Causal = true, CrossAttention = sourceTokens > 0 },
                generator), 0.25);
            if (sourceTokens == 0) return;
            Memory = Block.CrossKeysAndValues(Stacks.Normal(seed, rows, sourceTokens, heads * size));
            var random = new Random((int)seed);
            Mask = tensor(Enumerable.Range(0, rows * sourceTokens).Select(i => i % sourceTokens == 0 || random.Next(3) > 0).ToArray(),
                [rows, 1, 1, sourceTokens]);
        }

        public TransformerBlock Block { get; }

        public Tensor? Memory { get; }

        public Tensor? Mask { get; }

        public BlockPast At(KeyValueCache past, int position) => new(past, position, Memory, Mask);

        public KeyValueCache Past() => new(rows, heads, size, CPU);

        public Tensor Input(int position) => Stacks.Normal(seed + 1 + (ulong)position, rows, 1, heads * size);

        public float Rounding(Tensor x, Tensor result)
        {
            var inverse = Math.Max(1, x.var(-1, unbiased: false).Plus(LayerNorm.Epsilon).rsqrt().max().item<float>());
            return 2e-5f * inverse * Math.Max(1, result.abs().max().item<float>());
        }
    }
}
