using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

public class BdiaStepTests
{
    private static readonly FixedPointGrid Grid = new(9);

    [Theory]
    [InlineData(4, 0)]
    [InlineData(3, 1)]
    [InlineData(-3, 1)] // parity of a negative number: the sign of a remainder must not matter
    [InlineData(-4, 0)]
    [InlineData(0, 0)]
    public void Pad_of_one_bit_is_the_parity(int n, float expected)
        => Assert.Equal(expected, BdiaStep.Pad(Lanes.Broadcast(n * Grid.Step), 2, Grid).Value[0]);

    [Theory]
    [InlineData(5, 8, 3)]
    [InlineData(-5, 8, 5)]
    [InlineData(-8, 8, 0)]
    [InlineData(1, 256, 255)]
    [InlineData(7, 5, 3)]
    [InlineData(-7, 5, 2)]
    [InlineData(-7, 1, 0)]
    public void Pad_fills_up_to_the_next_multiple(int n, int denominator, float expected)
        => Assert.Equal(expected, BdiaStep.Pad(Lanes.Broadcast(n * Grid.Step), denominator, Grid).Value[0]);

    [Fact]
    public void Pad_is_the_remainder_for_every_denominator_next_to_every_multiple_that_could_mislead()
    {
        // Quotients are rounded most where they are largest, and mislead, if at all, just below a multiple.
        for (var q = 1; q <= GammaSchedule.MaxDenominator; q++)
            for (var multiple = (1 << 24) / q; multiple > 0; multiple -= 1 + multiple / 50)
                foreach (var n in new[] { -1, 1, 0 }.SelectMany(by => new[] { q * multiple + by, -q * multiple + by }))
                    if (Math.Abs(n) <= (1 << 24) - 256)
                        Assert.Equal((q - n % q) % q, BdiaStep.Pad(Lanes.Broadcast(n * Grid.Step), q, Grid).Value[0]);
    }

    [Fact]
    public void Update_worked_by_hand()
    {
        // In steps of 2^-9: x_{k-1} = 5 (odd, pad 1), x_k = 10, h = 3, gamma = 1/2:  (5 + 1)/2 + round(5 + 4.5) = 3 + 10 (ties to even)
        Lanes At(float steps) => Lanes.Broadcast(steps * Grid.Step);
        var pad = BdiaStep.Pad(At(5), 2, Grid);
        var gamma = Lanes.Broadcast(0.5f);
        var next = BdiaStep.Next(At(5), pad, At(10), At(3), gamma, 2, Grid, out var increment);
        Assert.Equal(13 * Grid.Step, next.Value[0]);
        Assert.Equal(10 * Grid.Step, increment.Value[0]);
        Assert.Equal(5 * Grid.Step, BdiaStep.Previous(next, pad, At(10), At(3), gamma, 2, Grid).Value[0]);
    }

    [Fact]
    public void Update_by_three_fifths_worked_by_hand()
    {
        // In steps of 2^-9: x_{k-1} = -7 (pad 2), x_k = 10, h = 5, gamma = -3/5:  -3 (-7 + 2)/5 + round(16 + 2) = 3 + 18
        Lanes At(float steps) => Lanes.Broadcast(steps * Grid.Step);
        var pad = BdiaStep.Pad(At(-7), 5, Grid);
        var gamma = Lanes.Broadcast(-0.6f);
        var next = BdiaStep.Next(At(-7), pad, At(10), At(5), gamma, 5, Grid, out var increment);
        Assert.Equal(21 * Grid.Step, next.Value[0]);
        Assert.Equal(18 * Grid.Step, increment.Value[0]);
        Assert.Equal(-7 * Grid.Step, BdiaStep.Previous(next, pad, At(10), At(5), gamma, 5, Grid).Value[0]);
    }

    [Fact]
    public void Inverse_recovers_every_state_up_to_the_limit_for_all_weights_and_grids()
        => Gen.Select(Gen.Int[1, 256], Gen.Int[0, 255], Gen.Int[1, 14], Gen.Bool, Gen.Float[-1, 1], Gen.Float[-1, 1], Gen.Float[-1, 1])
            .Sample((q, p, l, negative, a, b, c) =>
            {
                var grid = new FixedPointGrid(l);
                var limit = grid.Limit(PackedPads.Bits(q));
                // What is added stays below half of the limit, and the weighted state below the other half: so do all sums.
                p = 1 + p % q;
                var xPrevious = BdiaStep.Quantize(Lanes.Broadcast(a * limit * Math.Min(1, 0.5f * q / p)), grid);
                var x = BdiaStep.Quantize(Lanes.Broadcast(b * limit / 8), grid);
                var h = Lanes.Broadcast(c * limit / 8);
                var gamma = Lanes.Broadcast((negative ? -p : p) / (float)q);
                var pad = BdiaStep.Pad(xPrevious, q, grid);
                var next = BdiaStep.Next(xPrevious, pad, x, h, gamma, q, grid, out _);
                var back = BdiaStep.Previous(next, pad, x, h, gamma, q, grid);
                return BitConverter.SingleToInt32Bits(back.Value[0]) == BitConverter.SingleToInt32Bits(xPrevious.Value[0]);
            }, iter: 50_000);

    [Fact]
    public void Beyond_the_limit_a_state_is_lost_which_is_why_there_is_a_guard()
    {
        var beyond = Lanes.Broadcast(Grid.Limit(1) * 2 + 2 * Grid.Step);
        var pad = BdiaStep.Pad(beyond, 2, Grid);
        var x = Lanes.Broadcast(Grid.Step);
        var gamma = Lanes.Broadcast(0.5f);
        var next = BdiaStep.Next(beyond + 0f, pad, x, Lanes.Broadcast(Grid.Limit(1)), gamma, 2, Grid, out _);
        var back = BdiaStep.Previous(next, pad, x, Lanes.Broadcast(Grid.Limit(1)), gamma, 2, Grid);
        Assert.NotEqual(beyond.Value[0], back.Value[0]);
    }

    [Fact]
    public void There_is_one_zero_only()
    {
        var minusZero = Lanes.Broadcast(-0f);
        var gamma = Lanes.Broadcast(-0.5f);
        Assert.False(float.IsNegative(BdiaStep.Quantize(minusZero, Grid).Value[0]));
        Assert.False(float.IsNegative(BdiaStep.Quantize(Lanes.Broadcast(-0.0001f), Grid).Value[0]));
        Assert.False(float.IsNegative(BdiaStep.Next(minusZero, minusZero, minusZero, minusZero, gamma, 2, Grid, out _).Value[0]));
        Assert.False(float.IsNegative(BdiaStep.Previous(minusZero, minusZero, minusZero, minusZero, gamma, 2, Grid).Value[0]));
        using var scope = NewDisposeScope();
        var t = BdiaStep.Quantize<TensorElements>(new(tensor(new[] { -0f, -0.0001f })), Grid).Value;
        Assert.False(t.signbit().any().item<bool>());
    }
}
