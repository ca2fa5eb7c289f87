using Bdia.Core.Text;

namespace Bdia.Core.TextClassification;

/// <summary>Rows as the network's ids, with their classes.</summary>
internal sealed class LabelledTokens(int vocabulary)
{
    private readonly List<int> labels = [];

    /// <summary>What the network reads.</summary>
    public TokenStore Ids { get; } = new(vocabulary);

    /// <summary>Number of rows.</summary>
    public int Count => labels.Count;

    /// <summary>The class of a row.</summary>
    public int Label(int row) => labels[row];

    /// <summary>Appends a row.</summary>
    public void Add(ReadOnlySpan<int> ids, int label)
    {
        Ids.Add(ids);
        labels.Add(label);
    }
}
