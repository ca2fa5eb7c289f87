using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Distributed;

namespace Bdia.Core.Training;

/// <summary>
/// A validation that ranks share: each takes every so manieth batch, and all sum up those of all ranks in the order of the batches. The
/// figures are the same, bit for bit, on any number of ranks.
/// </summary>
/// <param name="shared">The ranks; null = this process alone.</param>
internal sealed class SharedValidation(DistributedOptions? shared)
{
    // Finite doubles keep their bits as text; a loss that is none must have a name.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly RankGroup ranks = shared?.Ranks ?? RankGroup.Alone;
    private readonly List<Batch> own = [];

    private sealed record Batch(double Loss, long Items, long Correct);

    /// <summary>Whether a batch is this rank's.</summary>
    /// <param name="number">0 for the first.</param>
    public bool IsOwn(int number) => Rank(number) == ranks.Rank;

    /// <summary>Whose a batch is.</summary>
    /// <param name="number">0 for the first.</param>
    public int Rank(int number) => number % ranks.Size;

    /// <summary>This rank's of some batches.</summary>
    public IEnumerable<T> Own<T>(IEnumerable<T> all) => all.Where((_, number) => IsOwn(number));

    /// <summary>Adds this rank's next batch; the numbers are those of <see cref="ValidationTotals.Add"/>.</summary>
    public void Add(double lossSum, long items, long correct) => own.Add(new(lossSum, items, correct));

    /// <summary>What all ranks have made of theirs, in the order of all.</summary>
    public IReadOnlyList<T> All<T>(IReadOnlyList<T> own)
    {
        if (ranks.Size == 1) return own;
        T[][] all = [.. ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own, Json))
            .Select(bytes => JsonSerializer.Deserialize<T[]>(bytes, Json)!)];
        return [.. Enumerable.Range(0, all.Sum(each => each.Length)).Select(number => all[number % all.Length][number / all.Length])];
    }

    /// <summary>The figures over the batches of all ranks.</summary>
    /// <param name="score">The task's own figure, if any.</param>
    /// <exception cref="InvalidOperationException">There was none.</exception>
    public ValidationResult ToResult(double? score = null)
    {
        var totals = new ValidationTotals();
        foreach (var batch in All(own)) totals.Add(batch.Loss, batch.Items, batch.Correct);
        return totals.ToResult(score);
    }
}
