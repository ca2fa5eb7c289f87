using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Reversible;

namespace Bdia.Samples.ImageClassification.Options;

/// <summary>What the command line asks for. Null: the default of the data or of the trainer.</summary>
internal sealed record SampleOptions
{
    public string? Data { get; init; }
    public int? TrainRows { get; init; }
    public int? TestRows { get; init; }
    public required int PictureSize { get; init; }

    public required VisionTransformerPreset Model { get; init; }
    public int? PatchSize { get; init; }
    public GammaSchedule? Gamma { get; init; }
    public required BackpropagationMode Mode { get; init; }
    public required ComputePrecision Precision { get; init; }
    public required bool Quantize { get; init; }

    public int? Epochs { get; init; }
    public int? BatchSize { get; init; }
    public double? LearningRate { get; init; }
    public double? WeightDecay { get; init; }
    public double? LabelSmoothing { get; init; }
    public double? Mixup { get; init; }
    public required int Seed { get; init; }
    public int? Threads { get; init; }
    public string? CheckpointDirectory { get; init; }
    public int? CheckpointSteps { get; init; }
    public required bool Resume { get; init; }

    public required bool Baseline { get; init; }
    public required string Output { get; init; }
    public required string Save { get; init; }
    public required string Json { get; init; }

    /// <summary>The command line itself, for the record.</summary>
    public required string Command { get; init; }
}
