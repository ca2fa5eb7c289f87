using Bdia.Data.Texts;
using Microsoft.ML;

namespace Bdia.Samples.TextClassification.Data;

/// <summary>A data set as the sample uses it.</summary>
internal sealed record LabelledTexts
{
    /// <summary>What it is, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Rows to learn from.</summary>
    public required IReadOnlyList<LabelledText> Train { get; init; }

    /// <summary>Rows for the final figures alone.</summary>
    public required IReadOnlyList<LabelledText> Test { get; init; }

    /// <summary>The classes, in order.</summary>
    public IReadOnlyList<string> Classes { get => field ??= [.. Train.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal)]; }

    /// <summary>The classes as MapValueToKey takes them.</summary>
    public IDataView Keys(MLContext mlContext) => mlContext.Data.LoadFromEnumerable(Classes.Select(name => new Key { Class = name }));

    private sealed class Key
    {
        public string Class { get; set; } = "";
    }
}
