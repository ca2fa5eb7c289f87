using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.TextGeneration.Options;

/// <summary>What the command line asks for. Null: the default of the data or of the trainer.</summary>
internal sealed record SampleOptions : RunOptions
{
    public int? TestRows { get; init; }

    /// <summary>Whether each line of a text file is a text by itself.</summary>
    public required bool Rows { get; init; }

    public LanguageModelPreset? Preset { get; init; }
    public int? Width { get; init; }
    public int? Depth { get; init; }
    public int? Heads { get; init; }
    public double? Dropout { get; init; }

    public TokenLevel? Tokens { get; init; }
    public int? Vocabulary { get; init; }
    public int? MaxTokens { get; init; }
    public int? TokensPerBatch { get; init; }

    public double? Temperature { get; init; }
    public double? TopP { get; init; }
    public int? Length { get; init; }

    /// <summary>What texts are to begin with.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>File for the learning curve.</summary>
    public required string Curve { get; init; }
}
