using Bdia.Core.Models;

namespace Bdia.Benchmarks.Scoring;

/// <summary>How pictures are scored.</summary>
internal enum ScoringMethod
{
    /// <summary>The network's forward pass on tensors that are there: what scoring cannot beat.</summary>
    RawForward,

    /// <summary>The same, picture by picture: what a PredictionEngine cannot beat.</summary>
    RawSingle,

    /// <summary>Transform on a loaded model, read row by row.</summary>
    Transform,

    /// <summary>PredictionEngine on the same rows.</summary>
    PredictionEngine,

    /// <summary>Loading the model and scoring one picture, then once more in the same process.</summary>
    FirstPrediction,
}

/// <summary>One contender of the scoring suite.</summary>
/// <param name="Method">How.</param>
/// <param name="Preset">The network, for pictures of 32x32 in patches of 4.</param>
/// <param name="Rows">Pictures.</param>
/// <param name="Batch">Rows that are scored together, where there are several.</param>
internal sealed record ScoringSettings(ScoringMethod Method, VisionTransformerPreset Preset, int Rows, int Batch)
{
    public override string ToString() => $"{Preset}, {Method}, batch {Batch}";

    /// <summary>Floating-point operations of the products of one picture's forward pass.</summary>
    public double FlopsPerRow()
    {
        var network = ScoringModel.Options(Preset);
        return ForwardFlops.Block(network) * (network.Depth - 1) + ForwardFlops.LastBlock(network);
    }
}

/// <summary>From a model file to its first score.</summary>
/// <param name="Read">Reading the file's bytes, inflated, nothing else.</param>
/// <param name="Load">Model.Load.</param>
/// <param name="Engine">CreatePredictionEngine.</param>
/// <param name="Predict">The first prediction.</param>
internal sealed record FirstScore(double Read, double Load, double Engine, double Predict)
{
    public double Total => Load + Engine + Predict;
}

/// <summary>What one process measured, times in seconds.</summary>
/// <param name="RowsPerSecond">Pictures a second, the best of some passes over all rows; of <see cref="ScoringMethod.FirstPrediction"/>,
/// 0.</param>
/// <param name="MatrixRate">Floating-point operations a second of a product of large matrices; 0 where the contender is not a raw
/// one.</param>
/// <param name="First">Before it, in a process that had loaded libtorch and nothing else.</param>
/// <param name="Second">Of <see cref="ScoringMethod.FirstPrediction"/>, the same once more in the same process.</param>
internal sealed record ScoringFigures(double RowsPerSecond, double MatrixRate, FirstScore First, FirstScore? Second);
