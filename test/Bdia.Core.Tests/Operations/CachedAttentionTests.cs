using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>The kernel for one query against libtorch's operations.</summary>
public class CachedAttentionTests
{
    // Sizes of a head that fill registers, four at a time or not, and that do not.
    private static readonly Gen<(int Rows, int Heads, int Size, int Count, int Spare)> Shapes
        = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.OneOf(Gen.Int[1, 20], Gen.Int[32, 80]), Gen.Int[1, 70], Gen.Int[0, 3]);

    [Fact]
    public void It_gives_what_the_formula_gives_in_float64()
        => Gen.Select(Shapes, Gen.Bool, Gen.Int[0, 1 << 20]).Sample((shape, masked, seed) =>
        {
            using var scope = NewDisposeScope();
            var (rows, heads, size, count, spare) = shape;
            var (queries, kept) = (Stacks.Normal((ulong)seed, rows, 1, 3 * heads * size),
                Stacks.Normal((ulong)seed + 1, rows, count + spare, 2, heads, size));
            var mask = masked ? Mask(rows, count, seed) : null;

            var actual = CachedAttentionKernel.Apply(queries, kept, count, mask);

            var q = queries.narrow(2, 0, heads * size).reshape(rows, heads, 1, size).to(ScalarType.Float64);
            var seen = kept.narrow(1, 0, count).permute(2, 0, 3, 1, 4).to(ScalarType.Float64); // (2, R, H, N, Dh)
            var (keys, values) = (seen[0], seen[1]);
            var scores = q.matmul(keys.transpose(2, 3)).Over(Math.Sqrt(size));
            if (mask is not null) scores = scores.MaskedFill(mask.logical_not(), double.NegativeInfinity);
            var exact = scores.softmax(-1).matmul(values).reshape(rows, 1, heads * size);
            // A score is a sum of up to 80 products of order 1, each rounded; its error is the relative error of a weight.
            Assert.InRange((actual.to(ScalarType.Float64) - exact).abs().max().item<double>(), 0, 2e-5);
        });

    [Fact]
    public void It_gives_what_libtorch_gives()
    {
        using var scope = NewDisposeScope();
        var (queries, kept, mask) = (Stacks.Normal(1, 64, 1, 128), Stacks.Normal(2, 64, 40, 2, 4, 32), Mask(64, 40, 3));
        var expected = CachedAttention.ByLibtorch(queries, kept, 40, mask, causal: false);
        var actual = CachedAttentionKernel.Apply(queries, kept, 40, mask);
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 5e-6f);
    }

    [Fact]
    public void A_row_has_the_same_bits_alone_as_among_others_and_what_is_forbidden_counts_for_nothing()
    {
        using var scope = NewDisposeScope();
        var (queries, kept, mask) = (Stacks.Normal(1, 300, 1, 128), Stacks.Normal(2, 300, 40, 2, 4, 32), Mask(300, 40, 3));
        var together = CachedAttentionKernel.Apply(queries, kept, 40, mask); // on all threads
        using var changed = kept.clone();
        changed.MaskedFillInPlace(mask.logical_not().view(300, 40, 1, 1, 1), 1e3);
        for (var row = 0; row < 300; row += 23)
        {
            var alone = CachedAttentionKernel.Apply(queries.narrow(0, row, 1).contiguous(),
                changed.narrow(0, row, 1).contiguous(), 40, mask.narrow(0, row, 1).contiguous());
            Assert.True(together.narrow(0, row, 1).Equals(alone));
        }
    }

    [Fact]
    public void Several_tokens_at_once_are_written_and_attend_as_one_after_the_other()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[0, 6], Gen.Int[2, 7], Gen.Bool, Gen.Int[0, 1 << 20])
            .Sample((rows, heads, size, before, tokens, causal, seed) =>
        {
            using var scope = NewDisposeScope();
            var projected = Stacks.Normal((ulong)seed, rows, tokens, 3 * heads * size);
            var start = Stacks.Normal((ulong)seed + 1, rows, before + tokens + 1, 2, heads, size);
            Tensor together = start.clone(), oneByOne = start.clone();
            CachedAttention.Write(projected, together, before);
            var actual = CachedAttention.Apply(projected, together, before + tokens, null, causal);
            CachedAttention.WriteByLibtorch(projected, oneByOne, before);
            Assert.True(together.Equals(oneByOne));
            for (var t = 0; t < tokens; t++)
            {
                var expected = CachedAttention.Apply(projected.narrow(1, t, 1).contiguous(), together, causal
                    ? before + t + 1 : before + tokens, null, causal);
                // The same sums of some dozen float32 products, in another order.
                Assert.InRange((expected - actual.narrow(1, t, 1)).abs().max().item<float>(), 0, 1e-5f);
            }
        }, iter: 60);

    [Fact]
    public void Scores_of_any_size_give_finite_results()
    {
        using var scope = NewDisposeScope();
        var (queries, kept) = (Stacks.Normal(1, 3, 1, 32).Times(1e4), Stacks.Normal(2, 3, 9, 2, 2, 16).Times(1e4));
        var actual = CachedAttentionKernel.Apply(queries, kept, 9, null);
        Assert.InRange((actual - CachedAttention.ByLibtorch(queries, kept, 9, null, causal: false)).abs().max().item<float>(), 0, 0.1f);
    }

    // True at the first key at least.
    private static Tensor Mask(int rows, int count, int seed)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, rows * count).Select(i => i % count == 0 || random.Next(3) > 0).ToArray();
        return tensor(values, [rows, 1, 1, count]);
    }
}
