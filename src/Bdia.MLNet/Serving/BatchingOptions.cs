namespace Bdia.MLNet;

/// <summary>How a <see cref="BatchingScorer{TInput, TOutput}"/> gathers rows.</summary>
public sealed record BatchingOptions
{
    /// <summary>Rows that are scored together at most, 1..65536. Default 32.</summary>
    public int MaxBatchSize { get; init; } = 32;

    /// <summary>
    /// Time that the first row of a batch waits for others, zero or more. Default zero: a batch has the rows that came while the one before
    /// it was scored, and no row waits for company.
    /// </summary>
    public TimeSpan MaxWait { get; init; }

    /// <summary>
    /// Rows that may wait, 1 or more; whoever brings another one gets a <see cref="ScorerBusyException"/>. Default 256.
    /// </summary>
    public int QueueLimit { get; init; } = 256;

    /// <summary>
    /// Batches that are scored at once, 1..64. More than one reads the rows of a batch (decodes pictures, say) while another is computed.
    /// Default 1.
    /// </summary>
    public int Workers { get; init; } = 1;

    internal void Validate()
    {
        Check(nameof(MaxBatchSize), MaxBatchSize, 1, 65536);
        Check(nameof(QueueLimit), QueueLimit, 1, int.MaxValue);
        Check(nameof(Workers), Workers, 1, 64);
        if (MaxWait < TimeSpan.Zero || MaxWait > TimeSpan.FromMinutes(1))
            throw new ArgumentOutOfRangeException(nameof(MaxWait), MaxWait, $"MaxWait is {MaxWait}; give 0 to 1 minute.");
    }

    private static void Check(string name, int value, int least, int most)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; give {least} to {most}.");
    }
}
