using Bdia.Core.Training;
using Bdia.Tool.Training;

namespace Bdia.Tool.Models;

/// <summary>What the tool knows of a run. It goes into the model file, and beside it as a file of its own.</summary>
internal sealed record ModelFacts
{
    public required string Task { get; init; }
    public required string Name { get; init; }
    public required string Dataset { get; init; }
    public required string DatasetKind { get; init; }
    public required int TrainRows { get; init; }
    public required int TestRows { get; init; }
    public required IReadOnlyList<string> Classes { get; init; }
    public required string Command { get; init; }
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The figures of the test rows, by their names.</summary>
    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    public required IReadOnlyList<EpochResult> Epochs { get; init; }
    public required string StopReason { get; init; }
    public required double SecondsTraining { get; init; }
    public required long PeakResidentBytes { get; init; }
    public required string Versions { get; init; }

    public static ModelFacts Of(TrainingTask task, TaskData data, CommandLine.TrainOptions options, TrainingResult result,
        Evaluation evaluation, int testRows) => new()
    {
        Task = task.Name,
        Name = options.Name,
        Dataset = data.Name,
        DatasetKind = data.Kind,
        TrainRows = data.Train.Count,
        TestRows = testRows,
        Classes = data.Classes,
        Command = options.Command,
        Options = Settings(options),
        Figures = evaluation.Figures.ToDictionary(figure => figure.Name, figure => figure.Value),
        Epochs = result.History,
        StopReason = result.StopReason.ToString(),
        SecondsTraining = result.SecondsTraining,
        PeakResidentBytes = result.PeakResidentBytes,
        Versions = Core.Native.BdiaRuntime.Describe(),
    };

    private static SortedDictionary<string, string> Settings(CommandLine.TrainOptions options)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in typeof(CommandLine.TrainOptions).GetProperties())
            if (property.CanWrite && property.Name != nameof(Command) && property.GetValue(options) is { } value)
                settings[property.Name] = value.ToString()!;
        return settings;
    }
}
