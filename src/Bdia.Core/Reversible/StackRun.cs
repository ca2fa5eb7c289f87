using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>One run through the blocks of a stack, in training or evaluation: what those who do the work know of the stack.</summary>
/// <param name="Options">How it integrates and differentiates.</param>
/// <param name="Residuals">h_0 .. h_{K-1}.</param>
/// <param name="Clock">The moment of training, standing still; null in evaluation, where nothing is random.</param>
/// <param name="Stream">Tells the randomness of several stacks on one clock apart.</param>
/// <param name="Kernel">What takes the steps; null for what suits the device.</param>
/// <param name="First">Number of h_0 in the stack: 0, or more where blocks below are no part of the run.</param>
internal sealed record StackRun(BdiaStackOptions Options, IReadOnlyList<Residual> Residuals, TrainingClock? Clock,
    int Stream, IStepKernel? Kernel, int First = 0)
{
    /// <summary>The signs of γ in evaluation; null for <see cref="BdiaStackOptions.InferenceGamma"/> everywhere.</summary>
    public GammaSigns? Signs { get; init; }

    /// <summary>K.</summary>
    public int Depth => Residuals.Count;

    /// <summary>What the γ of every step is drawn from.</summary>
    public IntegrationWeight Weight
        => Clock is null ? IntegrationWeight.Inexact(Signs?.Size ?? Options.InferenceGamma) : Options.Gamma.At(Clock);

    /// <summary>γ_k of every sample.</summary>
    public float[] Gamma(int k, long samples)
        => Clock is null ? [.. Enumerable.Repeat(Signs?.Of(First + k) ?? Weight.Size(0), (int)samples)]
            : GammaDraw.PerSample(Clock, Stream, First + k, samples, Weight);

    /// <summary>What block k gets besides the state.</summary>
    public ResidualContext Context(int k, IReadOnlyList<Tensor> conditions) => new(Clock?.Random(Stream, First + k), conditions);

    /// <summary>What takes the steps of states like the one given.</summary>
    public Stepper Stepper(Tensor like) => new(Kernel ?? StepKernel.For(like), Options, Weight, like, First);

    /// <summary>Blocks whose evaluations are kept, the last ones, where states are rebuilt.</summary>
    public int Kept => Math.Min(Options.KeptBlocks ?? 0, Depth);

    /// <summary>The same run, as far as the last block.</summary>
    public StackRun ButLast() => this with
    {
        Residuals = [.. Residuals.Take(Depth - 1)], Options = Options with { KeptBlocks = Math.Max(0, Kept - 1) },
    };
}
