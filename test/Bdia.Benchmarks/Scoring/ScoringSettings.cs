namespace Bdia.Benchmarks.Scoring;

/// <summary>How pictures are scored.</summary>
internal enum ScoringMethod
{
    /// <summary>The network's forward pass on tensors that are there: what scoring cannot beat.</summary>
    RawForward,

    /// <summary>Transform on a loaded model, read row by row.</summary>
    Transform,

    /// <summary>PredictionEngine on the same rows.</summary>
    PredictionEngine,

    /// <summary>Loading the model and scoring one picture.</summary>
    FirstPrediction,
}

/// <summary>One contender of the scoring suite.</summary>
/// <param name="Method">How.</param>
/// <param name="ModelFile">A saved model for pictures of 32x32, in the folder where the process runs.</param>
/// <param name="Rows">Pictures.</param>
/// <param name="Batch">Rows in a forward pass, where there are several.</param>
internal sealed record ScoringSettings(ScoringMethod Method, string ModelFile, int Rows, int Batch)
{
    public override string ToString() => $"{Method}, batch {Batch}";
}

/// <summary>What one process measured.</summary>
/// <param name="RowsPerSecond">Pictures a second, the best of some passes over all rows; of <see cref="ScoringMethod.FirstPrediction"/>, 0.</param>
/// <param name="FirstSeconds">From the start of loading to the first score.</param>
/// <param name="ReadSeconds">Reading the model file's bytes, nothing else.</param>
internal sealed record ScoringFigures(double RowsPerSecond, double FirstSeconds, double ReadSeconds);
