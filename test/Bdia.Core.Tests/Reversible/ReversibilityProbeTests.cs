using Bdia.Core.Reversible;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

public class ReversibilityProbeTests
{
    [Fact]
    public void Every_bit_of_every_state_is_rebuilt_for_random_depths_widths_and_odd_sizes()
        => Probe(iterations: 40, maxElements: 4_000);

    /// <summary>The claim of the library at scale: at least 10^8 rebuilt elements, none differing in a bit.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void A_hundred_million_elements_are_rebuilt_without_a_differing_bit()
    {
        long elements = 0;
        for (var round = 0; elements < 100_000_000; round++) elements += Probe(iterations: 10, maxElements: 400_000);
        TestContext.Current.TestOutputHelper?.WriteLine($"{elements:N0} elements rebuilt, 0 bits differ");
    }

    private static long Probe(int iterations, int maxElements)
    {
        long elements = 0;
        Gen.Select(Gen.Int[1, 48], Gen.Int[1, 8], Gen.Int[1, 67], Gen.Int[1, 200], Gen.Int[1, 256], Gen.Bool, Gen.UInt)
            .Sample((depth, b, n, d, q, bfloat16, seed) =>
        {
            using var scope = NewDisposeScope();
            while (b * n * d > maxElements) (b, n, d) = ((b + 1) / 2, (n + 1) / 2, (d + 1) / 2);
            using var stack = Stacks.Of(depth, d, new() { Gamma = Gamma(q, seed) }, seed, dropout: 0.1, bfloat16);
            var report = ReversibilityProbe.Run(stack, Stacks.Normal(seed, b, n, d));
            Assert.Equal(0, report.DifferingElements);
            Assert.True(report.IsExact);
            Assert.Equal((depth - 1L) * b * n * d, report.Elements);
            Interlocked.Add(ref elements, report.Elements);
        }, iter: iterations, threads: 1);
        return elements;
    }

    // The exponents, any ratio, and draws of a size, in turn.
    private static GammaSchedule Gamma(int q, uint seed) => (seed % 3) switch
    {
        0 => GammaSchedule.Exponent(1 + q % 8),
        1 => GammaSchedule.Ratio(1 + (int)(seed / 3 % (uint)q), q),
        _ => GammaSchedule.Ratios(1, 1 + (int)(seed / 3 % (uint)q), q),
    };
}
