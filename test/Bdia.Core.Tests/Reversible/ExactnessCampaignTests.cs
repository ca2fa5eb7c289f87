using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>
/// The claim at large: random stacks of every kind of block, forward and back, every state and every gradient compared bit for bit. The
/// environment variable BDIA_EXACTNESS_CASES says how many, 50 if it is not set; BDIA_EXACTNESS_FIRST the number of the first.
/// </summary>
[Collection("Alone")]
public class ExactnessCampaignTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public void Of_random_configurations_no_bit_of_a_state_or_gradient_differs()
    {
        var (first, count) = (Setting("BDIA_EXACTNESS_FIRST", 0), Setting("BDIA_EXACTNESS_CASES", 50));
        var (states, gradients, refused) = (0L, 0L, 0);
        var threads = get_num_threads();
        try
        {
            for (var number = first; number < first + count; number++)
            {
                using var scope = NewDisposeScope();
                var configuration = new Configuration(number);
                set_num_threads(1 + number % threads);
                try
                {
                    using (var stack = configuration.Stack(BackpropagationMode.Reversible))
                    {
                        var report = ReversibilityProbe.Run(stack, configuration.Input, configuration.Conditions);
                        Assert.True(report.IsExact, $"{configuration}: {report.DifferingElements} of {report.Elements} elements differ, "
                            + $"first in block {report.FirstDifferingBlock}");
                        states += report.Elements;
                    }

                    gradients += Compared(configuration);
                }
                catch (ReversibilityException e) when (e.Message.Contains("beyond", StringComparison.Ordinal))
                {
                    refused++; // the input left the exact range, and was refused for it
                }
            }
        }
        finally
        {
            set_num_threads(threads);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"configurations {first} to {first + count - 1}, {refused} refused for their range: {states:N0} elements of states and "
                + $"{gradients:N0} of gradients and results compared, 0 bits differ");
        Assert.InRange(refused, 0, count / 4);
    }

    private static int Setting(string name, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;

    /// <summary>
    /// The three modes, and one that keeps some blocks, beside one another; gives how many elements of gradients and results were compared.
    /// </summary>
    private static long Compared(Configuration configuration)
    {
        var modes = Enum.GetValues<BackpropagationMode>().Select(mode => (Mode: mode, Kept: 0))
            .Append((Mode: BackpropagationMode.Reversible, configuration.Kept));
        var outcomes = modes.Select(mode =>
        {
            using var stack = configuration.Stack(mode.Mode, mode.Kept);
            return configuration.Outcome(stack);
        }).ToArray();
        var compared = 0L;
        foreach (var other in outcomes.Skip(1))
        {
            foreach (var (name, values) in outcomes[0])
            {
                Assert.True(values.AsSpan().SequenceEqual(other[name]), $"{configuration}: {name} differs between modes");
                compared += values.Length;
            }
        }

        return compared;
    }

    /// <summary>A random configuration, the same for the same number.</summary>
    private sealed class Configuration
    {
        private readonly int number, kind, batch, tokens, heads, size, depth, exponent, fractionBits, leading;
        private readonly double dropout, magnitude;
        private readonly bool half, isMasked;
        private readonly GammaSchedule gamma;

        public Configuration(int number)
        {
            var random = new Random(number);
            this.number = number;
            (kind, batch, heads, size, depth) =
                (random.Next(3), random.Next(1, 17), random.Next(1, 5), random.Next(1, 33), random.Next(1, 25));
            tokens = random.Next(8) == 0 ? random.Next(100, 400) : random.Next(1, 100);
            (exponent, fractionBits, leading) =
                (random.Next(1, 9), random.Next(6, 13), random.Next(2) == 0 ? 0 : random.Next(1, tokens + 1));
            (dropout, magnitude) = (random.Next(3) * 0.15, Math.Pow(10, random.Next(-2, 2)));
            (half, isMasked) = (random.Next(3) == 0, random.Next(2) == 0);
            gamma = Gamma(random); // last: all else is that of the campaigns before there were ratios
        }

        private int Width => heads * size;

        /// <summary>Blocks of which everything is kept, 1 or more.</summary>
        public int Kept => 1 + number % depth;

        public Tensor Input => Stacks.Normal((ulong)number, batch, tokens, Width).Times(magnitude);

        public Tensor[] Conditions => kind switch
        {
            0 => isMasked ? [Stacks.Normal((ulong)number + 1, batch, tokens, Width)] : [],
            1 => isMasked ? [Mask(tokens)] : [],
            _ => [Stacks.Normal((ulong)number + 1, batch, tokens / 2 + 1, Width), Mask(tokens / 2 + 1)],
        };

        public override string ToString()
            => $"configuration {number} (kind {kind}, {batch} x {tokens} x {Width}, {heads} heads, {depth} blocks, gamma {gamma}, l "
                + $"{fractionBits}, dropout {dropout}, "
                + $"leading {leading}, bfloat16 {half}, mask {isMasked}, {get_num_threads()} threads)";

        // An exponent, a ratio or a draw of a size; q a power of two or any.
        private GammaSchedule Gamma(Random random)
        {
            var kind = random.Next(3);
            var q = random.Next(2) == 0 ? 1 << random.Next(9) : random.Next(1, GammaSchedule.MaxDenominator + 1);
            var p = random.Next(1, q + 1);
            return kind switch
            {
                0 => GammaSchedule.Exponent(exponent),
                1 => GammaSchedule.Ratio(p, q),
                _ => GammaSchedule.Ratios(random.Next(1, p + 1), p, q),
            };
        }

        public BdiaStack Stack(BackpropagationMode mode, int kept = 0)
        {
            using var generator = new Generator((ulong)number);
            var block = new TransformerBlockOptions
            {
                Width = Width, Heads = heads, FeedForwardWidth = 2 * Width + 1, Dropout = dropout, StochasticDepth = dropout / 2,
                Precision = half ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
            };
            var residuals = Enumerable.Range(0, depth).Select<int, Residual>(k => kind switch
            {
                0 => new Stacks.Mixer(Width, (ulong)(number + k), dropout, half),
                1 => Stacks.Spread(new TransformerBlock(block, generator), 0.1),
                _ => Stacks.Spread(new TransformerBlock(block with { Causal = true, CrossAttention = true }, generator), 0.1),
            });
            var options = new BdiaStackOptions { Mode = mode, KeptBlocks = kept, Gamma = gamma, FractionBits = fractionBits };
            return new BdiaStack("stack", residuals, options,
                new TrainingClock((ulong)number) { Step = number % 7, FirstRow = number % 5 });
        }

        public Dictionary<string, float[]> Outcome(BdiaStack stack)
        {
            using var scope = NewDisposeScope();
            stack.train();
            var x = Input.requires_grad_(true);
            var conditions = Conditions;
            if (conditions.Length > 0 && conditions[0].is_floating_point()) conditions[0].requires_grad_(true);
            var y = leading > 0 ? stack.Leading(x, leading, conditions) : stack.forward(x, conditions);
            y.mul(Stacks.Normal((ulong)number + 2, y.shape)).sum().backward();
            Assert.Null(stack.BackwardFault);
            var result = stack.named_parameters().ToDictionary(p => p.name, p => Values(p.parameter.grad!));
            (result["x"], result["x_K"]) = (Values(x.grad!), Values(y));
            if (conditions.Length > 0 && conditions[0].requires_grad) result["condition"] = Values(conditions[0].grad!);
            return result;
        }

        private static float[] Values(Tensor t) => t.detach().contiguous().data<float>().ToArray();

        // Which tokens are real, the first of every sequence among them.
        private Tensor Mask(int length)
            => Stacks.Normal((ulong)number + 3, batch, length).Above(0).logical_or_(TensorMath.Range(length, CPU).EqualTo(0));
    }
}
