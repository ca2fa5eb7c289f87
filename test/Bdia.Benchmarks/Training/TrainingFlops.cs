namespace Bdia.Benchmarks.Training;

/// <summary>Floating-point operations of the matrix products that a step executes, recomputation counted.</summary>
internal static class TrainingFlops
{
    /// <summary>Of a whole step, all blocks and all pictures; patch embedding and head left out (below 1 %).</summary>
    public static double PerStep(TrainingSettings settings)
    {
        var network = settings.Network();
        double tokens = settings.Tokens(), width = network.Width;
        var perToken = 2 * (4 * width * width + 2 * width * network.FeedForwardWidth) // query, key, value, projection; two dense layers
            + 4 * tokens * width;                                                     // scores and their sums of values
        return settings.Batch * tokens * perToken * network.Depth * Passes(settings.Method);
    }

    // A backward pass has two products for each one of the forward pass: by the input, and by the weight.
    private static int Passes(TrainingMethod method) => method is TrainingMethod.Plain or TrainingMethod.StoreActivations ? 3 : 4;
}
