using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Bdia.Core.Distributed;
using Bdia.Core.Formats;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// What the ranks of a run hold in common: that they train the same, when they stop, what time it is. A run alone agrees with itself.
/// </summary>
/// <param name="ranks">The ranks.</param>
/// <param name="own">What this rank is asked to stop by.</param>
/// <param name="elapsed">The time that the run has taken by this rank's clock.</param>
internal sealed class RankAgreement(RankGroup ranks, StopSignal own, Func<TimeSpan> elapsed)
{
    private StopReason? agreed;

    /// <summary>Whether to stop, as all ranks have agreed on between two steps: it does not change within one.</summary>
    public StopSignal Stop => new(() => agreed == StopReason.Cancelled, () => agreed == StopReason.TimeBudget, CancellationToken.None);

    /// <summary>The time that the run has taken, by the clock of rank 0, when ranks last agreed.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Tells the other ranks how it stands, and hears it of them.</summary>
    /// <param name="parts">Sums of this rank's parts of the step; none where there was none.</param>
    /// <param name="fault">What this rank has met in them; null where nothing.</param>
    /// <returns>Of all ranks.</returns>
    public IReadOnlyList<RankReport> Agree(IReadOnlyList<EpochSums> parts, RankReport.StepFault? fault = null)
    {
        var report = new RankReport(parts, own.Requested ? own.Reason : null, elapsed().TotalSeconds, fault);
        RankReport[] reports = [.. ranks.Await(() => ranks.Gather(report.ToBytes())).Select(RankReport.Parse)];
        agreed ??= reports.Select(each => each.Stop).FirstOrDefault(stop => stop is not null);
        Elapsed = TimeSpan.FromSeconds(reports[0].Elapsed);
        return reports;
    }

    /// <summary>Sees to it that all ranks run the same release on the same options and rows.</summary>
    /// <exception cref="DistributedException">They do not; the message, the same on all, says which differs in what.</exception>
    public static void RequireSame(RankGroup ranks, TrainingOptions options, IReadOnlyDictionary<string, string> identity)
    {
        if (ranks.Size == 1) return;
        var own = new Dictionary<string, string>(identity)
        {
            ["Release of Bdia.Core"] = Release,
            ["Rows per batch and batches per step"] = $"{options.BatchSize} x {options.AccumulationSteps}",
            [nameof(TrainingOptions.CheckpointDirectory)] = options.CheckpointDirectory is null ? "null" : "a folder",
            [nameof(TrainingOptions.TimeBudget)] = $"{options.TimeBudget?.ToString() ?? "null"}",
            [nameof(TrainingOptions.OnDivergence)] = $"{options.OnDivergence}",
            [nameof(TrainingOptions.OptimizerInBackward)] = $"{options.OptimizerInBackward}",
            [$"Distributed.{nameof(DistributedOptions.ShardOptimizer)}"] = $"{options.Distributed!.ShardOptimizer}",
        };
        if (options.Distributed.SharesMoments)
            // Checkpoints need all of them then.
            own["Steps and epochs between checkpoints"] = $"{options.CheckpointEverySteps} and {options.CheckpointEveryEpochs}";
        Dictionary<string, string>[] all = [.. ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own))
            .Select(bytes => JsonSerializer.Deserialize<Dictionary<string, string>>(bytes)!)];
        RequireSame(all, other => Differing(all[0], other));
    }

    /// <summary>Sees to it that all ranks have told the same.</summary>
    /// <param name="told">By rank.</param>
    /// <param name="of">What of it must be the same.</param>
    /// <param name="difference">What a rank differs in.</param>
    /// <exception cref="DistributedException">They have not; the message, the same on all, says which differ.</exception>
    public static void RequireSame<TTold, T>(IReadOnlyList<TTold> told, Func<TTold, T> of, string difference)
        => RequireSame(told, each => EqualityComparer<T>.Default.Equals(of(each), of(told[0])) ? [] : (string[])[difference]);

    private static void RequireSame<T>(IReadOnlyList<T> told, Func<T, string[]> differing)
    {
        var faults = told.Select((other, rank) => (rank, Differing: differing(other))).Where(each => each.Differing.Length > 0)
            .Select(each => $"rank {each.rank} differs from rank 0: {string.Join("; ", each.Differing)}").ToArray();
        if (faults.Length > 0)
            throw new DistributedException($"Not all of the {told.Count} ranks train the same: {string.Join(". And ", faults)}. Start the "
                + "same program with the same options on the same rows everywhere.");
    }

    /// <summary>Sees to it that all ranks have the same weights, bit for bit.</summary>
    /// <exception cref="DistributedException">They have not.</exception>
    public static void RequireSameWeights(RankGroup ranks, nn.Module module, string when)
    {
        if (ranks.Size == 1) return;
        using var sha = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, sha, CryptoStreamMode.Write))
            SafeTensors.Write(stream, [.. ModuleState.Save(module)], new Dictionary<string, string>());
        var hashes = ranks.Gather(sha.Hash!);
        var others = Enumerable.Range(0, hashes.Length).Where(rank => !hashes[rank].AsSpan().SequenceEqual(hashes[0])).ToArray();
        if (others.Length > 0)
            throw new DistributedException(string.Create(CultureInfo.InvariantCulture,
                $"The weights of rank {string.Join(", ", others)} are not those of rank 0 {when}. Ranks must compute alike: the same ")
                + "processors and native libraries on each. The last checkpoint is of a moment when they were the same, "
                + "or of rank 0 alone.");
    }

    private static string Release { get; } = typeof(RankAgreement).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        ?.InformationalVersion ?? "unknown";

    private static string[] Differing(Dictionary<string, string> first, Dictionary<string, string> other)
        => [.. first.Keys.Union(other.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Where(name => first.GetValueOrDefault(name) != other.GetValueOrDefault(name))
            .Select(name => name.EndsWith(".SHA-256", StringComparison.Ordinal) ? $"{name} is another, so the data are not the same"
                : $"{name} is {other.GetValueOrDefault(name) ?? "not set"} there and "
                    + $"{first.GetValueOrDefault(name) ?? "not set"} on rank 0")];
}
