using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.Translation.Options;

/// <summary>What the command line asks for. Null: the default of the data or of the trainer.</summary>
internal sealed record SampleOptions : RunOptions
{
    public string? Source { get; init; }
    public string? Target { get; init; }
    public int? TestRows { get; init; }

    public EncoderDecoderPreset? Preset { get; init; }
    public int? Width { get; init; }
    public int? EncoderDepth { get; init; }
    public int? DecoderDepth { get; init; }
    public int? Heads { get; init; }
    public int? FeedForward { get; init; }
    public double? Dropout { get; init; }
    public bool? ShareEmbeddings { get; init; }

    public TokenLevel? Tokens { get; init; }
    public int? Vocabulary { get; init; }
    public bool? SharedVocabulary { get; init; }
    public int? MaxTokens { get; init; }

    public int? TokensPerBatch { get; init; }
    public int? AccumulationSteps { get; init; }
    public int? WarmupSteps { get; init; }
    public LearningRateSchedule? Schedule { get; init; }
    public int? AverageEpochs { get; init; }
    public ModelSelection? BestBy { get; init; }
    public int? BleuEvery { get; init; }
    public TimeSpan? TimeBudget { get; init; }

    public int? Beam { get; init; }
    public double? LengthPenalty { get; init; }

    /// <summary>A model to load instead of training one.</summary>
    public string? Model { get; init; }

    /// <summary>Lines to translate; "-" stands for those of the standard input.</summary>
    public required IReadOnlyList<string> Translate { get; init; }

    /// <summary>File for the learning curve.</summary>
    public required string Curve { get; init; }
}
