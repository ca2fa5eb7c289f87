using Bdia.Core.Training;
using Bdia.Samples.TextGeneration.Options;

namespace Bdia.Samples.TextGeneration.Reports;

/// <summary>The figures of a run, written as JSON with these names in camel case.</summary>
internal sealed record ResultFile
{
    /// <summary>Bits that the model needs for a byte of the test texts.</summary>
    public required double BitsPerByte { get; init; }

    /// <summary>Bits that chance has put into it, where that is known: no model can do with fewer.</summary>
    public double? LeastBitsPerByte { get; init; }

    /// <summary>Perplexity of a token of the test texts.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Share of prompts that have one right end and got it, 0..1; null where there is none.</summary>
    public double? RightEnds { get; init; }

    public required double SecondsTraining { get; init; }
    public required long PeakResidentBytes { get; init; }
    public required double TokensPerSecond { get; init; }

    /// <summary>Most bytes that a step kept to undo rounding.</summary>
    public required long SideInformationBytes { get; init; }

    /// <summary>Whether the model that was saved and loaded again wrote the same texts with the same scores.</summary>
    public required bool ReloadedTextsIdentical { get; init; }

    /// <summary>The first prompts, and what was written behind them.</summary>
    public required IReadOnlyList<Example> Examples { get; init; }

    public required string Command { get; init; }
    public required string Data { get; init; }
    public required int TrainRows { get; init; }
    public required int TestRows { get; init; }
    public required int Vocabulary { get; init; }
    public required long Weights { get; init; }
    public required SampleOptions Options { get; init; }
    public required TrainingResult Training { get; init; }
    public required double SecondsInAll { get; init; }
    public required string Software { get; init; }
}

/// <summary>A prompt, and what was written behind it.</summary>
internal sealed record Example(string Prompt, string Text, float Score);
