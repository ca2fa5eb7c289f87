using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.TextClassification.Options;

/// <summary>What the command line asks for. Null: the default of the data or of the trainer.</summary>
internal sealed record SampleOptions : RunOptions
{
    public string? TextColumn { get; init; }
    public string? ClassColumn { get; init; }
    public int? TestRows { get; init; }

    public TextEncoderPreset? Preset { get; init; }
    public int? Width { get; init; }
    public int? Depth { get; init; }
    public int? Heads { get; init; }
    public int? FeedForward { get; init; }
    public double? Dropout { get; init; }

    public TokenLevel? Tokens { get; init; }
    public int? Vocabulary { get; init; }
    public int? MaxTokens { get; init; }
    public double? TokenDropout { get; init; }
    public int? BatchSize { get; init; }

    public required bool Baseline { get; init; }

    /// <summary>A model to load instead of training one.</summary>
    public string? Model { get; init; }

    /// <summary>Texts to classify; "-" stands for the lines of the standard input.</summary>
    public required IReadOnlyList<string> Classify { get; init; }

    /// <summary>File for the learning curve.</summary>
    public required string Curve { get; init; }
}
