using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Bdia.Core.Training;

/// <summary>Everything that decides the weights a run ends with, as names and values: a checkpoint is resumed only where all agree.</summary>
internal static class RunIdentity
{
    // These say where checkpoints go, when to pause, and how the same bits are come by; they may change from one process of a run to the next. What a memory budget
    // chose is told by the batches.
    private static readonly string[] Free =
    [
        nameof(TrainingOptions.CheckpointDirectory), nameof(TrainingOptions.CheckpointEverySteps), nameof(TrainingOptions.CheckpointEveryEpochs),
        nameof(TrainingOptions.Resume), nameof(TrainingOptions.TimeBudget), nameof(TrainingOptions.TrainingMemoryBytes), nameof(TrainingOptions.OptimizerInBackward),
    ];

    // What options were called when earlier checkpoints were written.
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["Schedule"] = nameof(TrainingOptions.LearningRateSchedule),
        ["MemoryBudgetBytes"] = "PixelCacheBytes",
        ["Level"] = "TokenLevel",
    };

    // Names, not numbers, of enum values: they stand in messages.
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>The identity of a run.</summary>
    public static SortedDictionary<string, string> Of(TrainingOptions options, IReadOnlyDictionary<string, string> task)
    {
        var identity = Flatten(nameof(TrainingOptions), options with { BatchSize = options.MostRows, LearningRate = options.PeakLearningRate });
        foreach (var name in Free) identity.Remove($"{nameof(TrainingOptions)}.{name}");
        foreach (var (name, value) in task) identity.Add(name, value);
        return identity;
    }

    /// <summary>The properties of an options record, those of nested records as "Outer.Inner".</summary>
    /// <param name="prefix">Put before each name, with a dot.</param>
    /// <param name="options">The record; must go through System.Text.Json.</param>
    public static SortedDictionary<string, string> Flatten<T>(string prefix, T options)
    {
        var flat = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(prefix, JsonSerializer.SerializeToNode(options, Json));
        return flat;

        void Add(string name, JsonNode? node)
        {
            if (node is JsonObject nested)
                foreach (var (part, value) in nested) Add($"{name}.{part}", value);
            else
                flat.Add(name, node is JsonArray array ? array.ToJsonString() : node?.ToString() ?? "null");
        }
    }

    /// <summary>Stands between values that mean the same: what an option is called now, and what checkpoints of an earlier state call it.</summary>
    public const string Or = " or ";

    /// <summary>What differs, each as "name is X there and Y here"; empty where nothing does.</summary>
    public static IReadOnlyList<string> Differences(IReadOnlyDictionary<string, string> checkpoint, IReadOnlyDictionary<string, string> run)
    {
        checkpoint = checkpoint.ToDictionary(item => WithPresentName(item.Key), item => item.Value, StringComparer.Ordinal);
        return [.. checkpoint.Keys.Union(run.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => (name, there: checkpoint.GetValueOrDefault(name, "unknown"), here: run.GetValueOrDefault(name, "unknown")))
            .Where(value => value.there != value.here && !value.here.Split(Or).Contains(value.there))
            .Select(value => $"{value.name} is {value.there} in the checkpoint and {value.here} here")];
    }

    private static string WithPresentName(string name)
    {
        var option = name[(name.LastIndexOf('.') + 1)..];
        return Renamed.TryGetValue(option, out var present) ? name[..^option.Length] + present : name;
    }
}
