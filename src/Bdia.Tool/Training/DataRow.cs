namespace Bdia.Tool.Training;

/// <summary>A row of any task.</summary>
/// <param name="Name">What it is known by: a file, or its number.</param>
/// <param name="Text">The text that is read; "" for a picture.</param>
/// <param name="Expected">The class, or the text that is to be written; "" where that is not known.</param>
/// <param name="Picture">Gives the bytes of a picture file; null for a text.</param>
internal sealed record DataRow(string Name, string Text, string Expected, Func<byte[]>? Picture = null);

/// <summary>Rows of a data set by what they are for.</summary>
internal sealed record TaskData
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of data set it is.</summary>
    public required string Kind { get; init; }

    public required IReadOnlyList<DataRow> Train { get; init; }

    /// <summary>Rows that choose the best epoch; null: the trainer holds a share of the training rows back.</summary>
    public IReadOnlyList<DataRow>? Validation { get; init; }

    /// <summary>Rows for the figures; null where a data set has none of its own.</summary>
    public IReadOnlyList<DataRow>? Test { get; init; }

    /// <summary>Names of the classes; empty where there are none.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Rows and files that cannot be used, each with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Whether all rows are one text.</summary>
    public bool IsOneText { get; init; }
}
