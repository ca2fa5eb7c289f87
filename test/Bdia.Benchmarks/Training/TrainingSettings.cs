using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;

namespace Bdia.Benchmarks.Training;

/// <summary>One contender of the training suite: a vision transformer on square colour pictures, patch 4.</summary>
/// <param name="Method">How it back-propagates.</param>
/// <param name="Width">Features per token.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Side">Width and height of the pictures in pixels, a multiple of 4.</param>
/// <param name="Batch">Pictures in a step.</param>
/// <param name="Precision">Of matrix products.</param>
/// <param name="Exponent">m of gamma = ±2^-m, where there is a gamma.</param>
/// <param name="Steps">Timed steps, after one that is not.</param>
internal sealed record TrainingSettings(TrainingMethod Method, int Width, int Depth, int Side, int Batch,
    ComputePrecision Precision, int Exponent, int Steps)
{
    // Width and feed-forward width of the BDIA paper's network for CIFAR; narrower networks have the feed-forward width of small vision
    // transformers.
    private const int PaperWidth = 512, HeadSize = 64, PatchSize = 4;

    /// <summary>N: one for each patch, and the class token.</summary>
    public int Tokens() => Side / PatchSize * (Side / PatchSize) + 1;

    public VisionTransformerOptions Network() => new()
    {
        ImageHeight = Side, ImageWidth = Side, Channels = 3, Classes = 10, PatchSize = PatchSize,
        Width = Width, Depth = Depth, Heads = Math.Max(1, Width / HeadSize), FeedForwardWidth = Width >= PaperWidth
            ? Width : 2 * Width, Precision = Precision,
        Stack = new()
        {
            Gamma = GammaSchedule.Exponent(Exponent),
            Mode = Method switch
            {
                TrainingMethod.StoreActivations => BackpropagationMode.StoreActivations,
                TrainingMethod.Checkpointed => BackpropagationMode.Checkpointed,
                _ => BackpropagationMode.Reversible,
            },
        },
    };

    public override string ToString() => $"{Method}, width {Width}, depth {Depth}, side {Side}, batch {Batch}, {Precision}, m = {Exponent}";
}

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerStep">Median over its steps: forward, backward, optimizer.</param>
/// <param name="IdleBytes">Resident with model, gradients and optimizer before the first step.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
/// <param name="SideInformationBytes">Kept by the stack for its backward pass.</param>
/// <param name="Parameters">Weights.</param>
/// <param name="MatrixRate">Floating-point operations per second of a large matrix product, measured behind the steps.</param>
internal sealed record TrainingFigures(double SecondsPerStep, long IdleBytes, long PeakBytes, long SideInformationBytes,
    long Parameters, double MatrixRate);
