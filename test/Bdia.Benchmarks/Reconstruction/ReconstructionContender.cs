using Bdia.Core.Blocks;
using Bdia.Core.Native;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Reconstruction;

/// <summary>
/// The same blocks and the same gamma twice: with states in float32 as they come, rebuilt by the inverse formula, and on the grid with
/// pads, as the library does it.
/// </summary>
internal static class ReconstructionContender
{
    private const int Fraction = 9;

    public static ReconstructionFigures Measure(ReconstructionSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        BdiaRuntime.Threads = 1;
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var generator = new Generator((ulong)settings.Seed);
        var block = new TransformerBlockOptions
        {
            Width = settings.Width, Heads = settings.Width / 32, FeedForwardWidth = 2 * settings.Width,
        };
        using var stack = new BdiaStack("blocks", Enumerable.Range(0, settings.Depth).Select(_ => new TransformerBlock(block, generator)),
            new() { Gamma = GammaSchedule.Parse(settings.Gamma), FractionBits = Fraction }, new TrainingClock((ulong)settings.Seed));
        stack.train();
        var x0 = randn([settings.Batch, settings.Tokens, settings.Width], generator: generator);
        var (relative, largest) = WithoutGrid(stack.TrainingRun, x0);
        var report = ReversibilityProbe.Run(stack, x0);
        return new(x0.numel(), relative, largest, report.Elements, report.DifferingElements);
    }

    private static (double? Relative, double? Largest) WithoutGrid(StackRun run, Tensor x0)
    {
        var (xPrevious, x) = (x0, x0.add(h(0, x0)));
        for (var k = 1; k < run.Depth; k++)
            (xPrevious, x) = Moved(x, Stepper.Blend(xPrevious, x, h(k, x), Gamma(k)));

        // x_{k-1} = (x_{k+1} - (1-γ) x_k - (1+γ) h_k(x_k)) / γ: what is left of x_{k+1} when it is blended with nothing.
        var (xNext, back) = (x, xPrevious);
        for (var k = run.Depth - 1; k > 0; k--)
        {
            using var rest = Stepper.Blend(zeros_like(back), back, h(k, back), Gamma(k));
            (xNext, back) = Moved(back, xNext.sub(rest).div(Gamma(k)));
        }

        var difference = back.sub(x0);
        var (error, of) = (Norm(difference), Norm(x0));
        return double.IsFinite(error) ? (error / of, difference.abs().max().item<float>()) : (null, null);

        Tensor h(int k, Tensor state) => run.Residuals[k].forward(state, run.Context(k, []));

        Tensor Gamma(int k) => GammaDraw.AsTensor(run.Gamma(k, x0.shape[0]), x0);

        static (Tensor, Tensor) Moved(Tensor first, Tensor second) => (first, second);

        static double Norm(Tensor t) => Math.Sqrt(t.to(float64).square().mean().item<double>());
    }
}
