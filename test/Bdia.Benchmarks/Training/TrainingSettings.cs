using Bdia.Core.Layers;
using Bdia.Core.Reversible;

namespace Bdia.Benchmarks.Training;

/// <summary>One contender of the training suite: a vision transformer on 32x32 pictures, patch 4.</summary>
/// <param name="Mode">How it gets at its states.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Width">Channels.</param>
/// <param name="Batch">Pictures in a step.</param>
/// <param name="Precision">Of matrix products.</param>
/// <param name="Exponent">m of gamma = ±2^-m.</param>
/// <param name="Steps">Timed steps, after one that is not.</param>
internal sealed record TrainingSettings(BackpropagationMode Mode, int Depth, int Width, int Batch, ComputePrecision Precision, int Exponent, int Steps);

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerStep">Median over its steps: forward, backward, optimizer.</param>
/// <param name="IdleBytes">Resident with model and optimizer before the first step.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
/// <param name="SideInformationBytes">Kept by the stack for its backward pass.</param>
/// <param name="Parameters">Weights.</param>
internal sealed record TrainingFigures(double SecondsPerStep, long IdleBytes, long PeakBytes, long SideInformationBytes, long Parameters);
