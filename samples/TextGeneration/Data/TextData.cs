namespace Bdia.Samples.TextGeneration.Data;

/// <summary>What there is to learn from, to judge by, and to go on with.</summary>
internal sealed record TextData
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Texts to learn from.</summary>
    public required IReadOnlyList<TextRow> Train { get; init; }

    /// <summary>Texts to judge by.</summary>
    public required IReadOnlyList<TextRow> Test { get; init; }

    /// <summary>What texts are to begin with.</summary>
    public required IReadOnlyList<TextRow> Prompts { get; init; }

    /// <summary>Whether all rows are one text.</summary>
    public required bool IsOneText { get; init; }

    /// <summary>Bits that chance has put into each byte of the test texts, where that is known: no model can do with fewer.</summary>
    public double? LeastBitsPerByte { get; init; }
}
