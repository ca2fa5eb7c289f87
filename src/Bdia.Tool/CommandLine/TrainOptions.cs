using Bdia.Core.Operations;
using Bdia.MLNet;

namespace Bdia.Tool.CommandLine;

/// <summary>What a training command is asked for. Null: the default of the data or of the trainer.</summary>
internal sealed record TrainOptions
{
    public required string Dataset { get; init; }
    public string? ValidationDataset { get; init; }
    public string? TestDataset { get; init; }
    public bool HasHeader { get; init; } = true;

    /// <summary>Columns by what they are: label, image, text, text2, source, target.</summary>
    public string? LabelColumn { get; init; }
    public string? ImageColumn { get; init; }
    public string? TextColumn { get; init; }
    public string? Source { get; init; }
    public string? Target { get; init; }

    public int? TrainTime { get; init; }
    public int? Epochs { get; init; }
    public string? Preset { get; init; }

    /// <summary>A named set of the trainer's defaults.</summary>
    public Recipe? Recipe { get; init; }
    public int? ImageSize { get; init; }

    /// <summary>Of matrix products, as chosen for this processor.</summary>
    public ComputePrecision Precision { get; init; }
    public long? Memory { get; init; }
    public int Seed { get; init; } = 1;
    public bool Resume { get; init; }

    public required string Name { get; init; }
    public required string Output { get; init; }
    public bool Code { get; init; } = true;
    public bool Report { get; init; } = true;

    /// <summary>The command line itself, for the record.</summary>
    public required string Command { get; init; }

    /// <summary>A file of the run's output.</summary>
    public string At(string file) => Path.Combine(Output, file);

    public string ModelFile => At($"{Name}.zip");
}
