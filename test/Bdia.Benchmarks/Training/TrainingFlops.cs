namespace Bdia.Benchmarks.Training;

/// <summary>Floating-point operations of the matrix products that a step executes, recomputation counted.</summary>
internal static class TrainingFlops
{
    // A backward pass has two products for each one of the forward pass: by the input, and by the weight.
    private const int Stored = 3, Recomputed = 4;

    /// <summary>Of a whole step, all blocks and all pictures.</summary>
    public static double PerStep(TrainingSettings settings)
    {
        var network = settings.Network();
        var block = ForwardFlops.Block(network)
            * (settings.Method is TrainingMethod.Plain or TrainingMethod.StoreActivations ? Stored : Recomputed);
        // BDIA keeps what the last block has computed, and computes no more of it than is read.
        var last = settings.Method >= TrainingMethod.Reversible && network.Depth > 1 ? ForwardFlops.LastBlock(network) * Stored : block;
        return settings.Batch * (block * (network.Depth - 1) + last);
    }
}
