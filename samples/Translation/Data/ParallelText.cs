using Bdia.Data.Texts;

namespace Bdia.Samples.Translation.Data;

/// <summary>A data set as the sample uses it.</summary>
internal sealed record ParallelText
{
    /// <summary>What it is, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The two languages, as the command line or the data name them.</summary>
    public required (string Source, string Target) Languages { get; init; }

    /// <summary>Rows to learn from.</summary>
    public required IReadOnlyList<TextPair> Train { get; init; }

    /// <summary>Rows to choose the best epoch by; null: the trainer holds some of the training rows back.</summary>
    public IReadOnlyList<TextPair>? Validation { get; init; }

    /// <summary>Rows for the final figures alone: one set or more.</summary>
    public required IReadOnlyList<TestSet> Tests { get; init; }
}
