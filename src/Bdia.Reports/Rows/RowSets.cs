namespace Bdia.Reports.Rows;

/// <summary>Rows of a data set by what they are for.</summary>
public sealed record RowSets
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of data set it is, for people: "class folders".</summary>
    public required string Kind { get; init; }

    /// <summary>Rows to train on.</summary>
    public required IReadOnlyList<DataRow> Train { get; init; }

    /// <summary>Rows that choose the best epoch; null: the trainer holds a share of the training rows back.</summary>
    public IReadOnlyList<DataRow>? Validation { get; init; }

    /// <summary>Rows for the figures; null where a data set has none of its own.</summary>
    public IReadOnlyList<DataRow>? Test { get; init; }

    /// <summary>Names of the classes; empty where there are none.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Rows and files that cannot be used, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Whether all rows are one text. Default false.</summary>
    public bool IsOneText { get; init; }
}
