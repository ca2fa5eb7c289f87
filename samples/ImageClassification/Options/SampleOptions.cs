using Bdia.Core.Models;
using Bdia.Data.Pictures;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.ImageClassification.Options;

/// <summary>What the command line asks for. Null: the default of the data or of the trainer.</summary>
internal sealed record SampleOptions : RunOptions
{
    public int? TestRows { get; init; }
    public required int PictureSize { get; init; }

    public required VisionTransformerPreset Model { get; init; }
    public int? PatchSize { get; init; }

    public int? BatchSize { get; init; }
    public double? Mixup { get; init; }

    public required bool Baseline { get; init; }
}
