using Bdia.Core.Training;

namespace Bdia.Reports.Content;

/// <summary>What is known of a run, for people and, as JSON, for programs.</summary>
public sealed record RunFacts
{
    /// <summary>What was learnt: image-classification, text-classification, translation or text-generation.</summary>
    public required string Task { get; init; }

    /// <summary>What the model is called.</summary>
    public required string Name { get; init; }

    /// <summary>What the data set is called.</summary>
    public required string Dataset { get; init; }

    /// <summary>What kind of data set it is, for people.</summary>
    public required string DatasetKind { get; init; }

    /// <summary>Rows that were trained on.</summary>
    public required int TrainRows { get; init; }

    /// <summary>Rows that the figures are of.</summary>
    public required int TestRows { get; init; }

    /// <summary>Names of the classes; empty where there are none.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The command that made it; "" where none did.</summary>
    public required string Command { get; init; }

    /// <summary>Options by their names.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The figures of the test rows, by their names.</summary>
    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    /// <summary>How training went; empty where nothing was trained.</summary>
    public required IReadOnlyList<EpochResult> Epochs { get; init; }

    /// <summary>Why training ended, as <see cref="Core.Training.StopReason"/> has it; "" where nothing was trained.</summary>
    public required string StopReason { get; init; }

    /// <summary>Seconds of training.</summary>
    public required double SecondsTraining { get; init; }

    /// <summary>Largest resident memory of the process in bytes; 0 where it is not known.</summary>
    public required long PeakResidentBytes { get; init; }

    /// <summary>Versions of the libraries, and the machine.</summary>
    public required string Versions { get; init; }

    /// <summary>The facts of a run that has trained a model.</summary>
    /// <param name="task">What was learnt.</param>
    /// <param name="name">What the model is called.</param>
    /// <param name="data">What it was trained on.</param>
    /// <param name="result">How training went.</param>
    /// <param name="evaluation">The figures.</param>
    /// <param name="testRows">Rows that they are of.</param>
    /// <param name="command">The command that made it.</param>
    /// <param name="options">Options: each that has a value, by its name.</param>
    public static RunFacts Of(string task, string name, Rows.RowSets data, TrainingResult result, Rows.Evaluation evaluation, int testRows,
        string command, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(evaluation);
        return new()
        {
            Task = task,
            Name = name,
            Dataset = data.Name,
            DatasetKind = data.Kind,
            TrainRows = data.Train.Count,
            TestRows = testRows,
            Classes = data.Classes,
            Command = command,
            Options = options,
            Figures = evaluation.Figures.ToDictionary(figure => figure.Name, figure => figure.Value),
            Epochs = result.History,
            StopReason = result.StopReason.ToString(),
            SecondsTraining = result.SecondsTraining,
            PeakResidentBytes = result.PeakResidentBytes,
            Versions = Core.Native.BdiaRuntime.Describe(),
        };
    }

    /// <summary>The properties of an options object that have a value, by their names, as <see cref="Options"/> takes them.</summary>
    /// <param name="options">The object.</param>
    /// <param name="except">Names of properties that are left out.</param>
    public static IReadOnlyDictionary<string, string> OptionsOf(object options, params string[] except)
    {
        ArgumentNullException.ThrowIfNull(options);
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in options.GetType().GetProperties())
            if (property.CanWrite && !except.Contains(property.Name) && property.GetValue(options) is { } value)
                values[property.Name] = value.ToString()!;
        return values;
    }
}
