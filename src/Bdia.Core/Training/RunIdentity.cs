using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Bdia.Core.Training;

/// <summary>
/// Everything that decides the weights a run ends with, as names and values. What a run that goes on from a checkpoint may have otherwise
/// stands here and in
/// <see cref="ITrainingTask{TBatch}.Adjustable"/>; all else must agree.
/// </summary>
internal static class RunIdentity
{
    // These say where checkpoints go, when to pause, what becomes of a fault, and how the same bits are come by. What a memory budget chose
    // is told by the batches.
    private static readonly string[] Free =
    [
        nameof(TrainingOptions.CheckpointDirectory), nameof(TrainingOptions.CheckpointEverySteps),
            nameof(TrainingOptions.CheckpointEveryEpochs),
        nameof(TrainingOptions.Resume), nameof(TrainingOptions.TimeBudget), nameof(TrainingOptions.TrainingMemoryBytes),
            nameof(TrainingOptions.OptimizerInBackward),
        nameof(TrainingOptions.OnDivergence),
    ];

    // What options were called when earlier checkpoints were written.
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["Schedule"] = nameof(TrainingOptions.LearningRateSchedule),
        ["MemoryBudgetBytes"] = "PixelCacheBytes",
        ["Level"] = "TokenLevel",
    };

    // Each step reads these anew: those to come go by the new values.
    private static readonly string[] AdjustableOptions =
    [
        nameof(TrainingOptions.Epochs), nameof(TrainingOptions.LearningRate), nameof(TrainingOptions.FinalLearningRateFraction),
            nameof(TrainingOptions.WarmupFraction),
        nameof(TrainingOptions.WarmupSteps), nameof(TrainingOptions.LearningRateSchedule), nameof(TrainingOptions.WeightDecay),
            nameof(TrainingOptions.Beta1), nameof(TrainingOptions.Beta2), nameof(TrainingOptions.MuonMomentum),
        nameof(TrainingOptions.Epsilon), nameof(TrainingOptions.ClipNorm), nameof(TrainingOptions.LabelSmoothing),
            nameof(TrainingOptions.ValidateEveryEpochs),
        nameof(TrainingOptions.EarlyStoppingPatience), nameof(TrainingOptions.EarlyStoppingMinDelta),
    ];

    // Of any network's options: what its weights do not know of.
    private static readonly string[] AdjustableNetwork =
        ["Dropout", "Precision", "Stack.Mode", "Stack.Gamma", "Stack.FractionBits", "Stack.Audit"];
    private static readonly string[] JudgementNetwork = ["Precision", "Stack.FractionBits"];

    // Names, not numbers, of enum values: they stand in messages.
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>The entry that holds the seed.</summary>
    public static string Seed { get; } = Name(nameof(TrainingOptions.Seed));

    /// <summary>Names of the trainer's own options that a resumed run may have otherwise.</summary>
    public static IReadOnlyList<string> Adjustable { get; } = [.. AdjustableOptions.Select(Name)];

    /// <summary>Names, in the options record of a network, of what a resumed run may have otherwise.</summary>
    public static IEnumerable<string> AdjustableOf(string network) => AdjustableNetwork.Select(option => $"{network}.{option}");

    /// <summary>Names, in the options record of a network, of what decides how its weights do.</summary>
    public static IEnumerable<string> JudgementOf(string network) => JudgementNetwork.Select(option => $"{network}.{option}");

    /// <summary>The identity of a run.</summary>
    public static SortedDictionary<string, string> Of(TrainingOptions options, IReadOnlyDictionary<string, string> task)
    {
        var identity = Flatten(nameof(TrainingOptions),
            options with
            {
                BatchSize = options.MostRows, LearningRate = options.PeakLearningRate, Optimizer = options.SureOptimizer,
            });
        foreach (var name in Free) identity.Remove(Name(name));
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

    /// <summary>
    /// Stands between values that mean the same: what an option is called now, and what checkpoints of an earlier state call it.
    /// </summary>
    public const string Or = " or ";

    /// <summary>
    /// Of batches that were cut to fit into memory: how many parts each was gathered from. An identity has it only where there are more
    /// than one, and is without it that of whole batches.
    /// </summary>
    public const string Parts = "Batches.Parts";

    /// <summary>What differs between a checkpoint and a run, in the order of names.</summary>
    public static IReadOnlyList<RunDifference> Differences(IReadOnlyDictionary<string, string> checkpoint,
        IReadOnlyDictionary<string, string> run)
    {
        checkpoint = checkpoint.ToDictionary(item => WithPresentName(item.Key), item => item.Value, StringComparer.Ordinal);
        return [.. checkpoint.Keys.Union(run.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => new RunDifference(name, Value(checkpoint, name), Value(run, name)))
            .Where(difference => difference.There != difference.Here && difference.Here?.Split(Or).Contains(difference.There) != true)];
    }

    // What a run had whose identity does not say so: it was written before there was a choice.
    private static readonly Dictionary<string, string> Unsaid = new()
    {
        [Parts] = "1",
        [Name(nameof(TrainingOptions.Optimizer))] = nameof(OptimizerKind.AdamW),
        [Name(nameof(TrainingOptions.EmaDecay))] = "0",
        [Name(nameof(TrainingOptions.MomentFormat))] = nameof(MomentFormat.Float32),
    };

    /// <summary>The optimizer of a run, by name.</summary>
    public static string Optimizer(IReadOnlyDictionary<string, string> identity)
        => Value(identity, Name(nameof(TrainingOptions.Optimizer)))!;

    private static string? Value(IReadOnlyDictionary<string, string> identity, string name)
        => identity.GetValueOrDefault(name) ?? Unsaid.GetValueOrDefault(name);

    private static string Name(string option) => $"{nameof(TrainingOptions)}.{option}";

    private static string WithPresentName(string name)
    {
        var option = name[(name.LastIndexOf('.') + 1)..];
        return Renamed.TryGetValue(option, out var present) ? name[..^option.Length] + present : name;
    }
}
