using Bdia.Core.Operations;
using Bdia.Core.Reversible;

namespace Bdia.Samples.Common.Options;

/// <summary>What every sample's command line may ask for. Null: the default of the data or of the trainer.</summary>
internal abstract record RunOptions
{
    public string? Data { get; init; }
    public int? TrainRows { get; init; }

    public GammaSchedule? Gamma { get; init; }
    public required BackpropagationMode Mode { get; init; }
    public required ComputePrecision Precision { get; init; }
    public required bool Quantize { get; init; }

    public int? Epochs { get; init; }
    public double? LearningRate { get; init; }
    public double? WeightDecay { get; init; }
    public double? LabelSmoothing { get; init; }
    public required int Seed { get; init; }
    public int? Threads { get; init; }
    public string? CheckpointDirectory { get; init; }
    public int? CheckpointSteps { get; init; }
    public required bool Resume { get; init; }

    public required string Output { get; init; }
    public required string Save { get; init; }
    public required string Json { get; init; }
    public required string Report { get; init; }

    /// <summary>The command line itself, for the record.</summary>
    public required string Command { get; init; }
}
