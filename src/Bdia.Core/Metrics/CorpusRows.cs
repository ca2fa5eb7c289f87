using System.Globalization;

namespace Bdia.Core.Metrics;

/// <summary>The rows that a metric has seen: checks each, and knows what the signature says of them.</summary>
internal sealed class CorpusRows
{
    /// <summary>The release of sacreBLEU whose definitions are followed and whose figures the tests hold.</summary>
    private const string SacreBleuVersion = "2.6.0";

    private int references; // per row; 0 before the first
    private bool vary;

    /// <summary>Rows so far.</summary>
    public long Count { get; private set; }

    /// <summary>Checks a corpus as a whole; its rows are checked as they are added.</summary>
    /// <exception cref="ArgumentException">A list is null, there is no row, or the lists' lengths differ.</exception>
    public static void Check(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(hypotheses);
        ArgumentNullException.ThrowIfNull(references);
        if (hypotheses.Count != references.Count)
            throw new ArgumentException($"There are {hypotheses.Count} outputs and {references.Count} lists of references; give one "
                + "list for each output.", nameof(references));
        if (hypotheses.Count == 0) throw new ArgumentException("There are no outputs, and without a row no score; give at least one.",
            nameof(hypotheses));
    }

    /// <summary>Checks a row and counts it.</summary>
    /// <exception cref="ArgumentException">A text is null or there is no reference; the row is not counted.</exception>
    public void Add(string hypothesis, IReadOnlyList<string> references)
    {
        if (hypothesis is null) throw new ArgumentNullException(nameof(hypothesis),
            $"The output of row {Count} is null; an output without text is \"\".");
        if (references is null) throw new ArgumentNullException(nameof(references),
            $"The references of row {Count} are null; give a list of one or more.");
        if (references.Count == 0) throw new ArgumentException($"Row {Count} has no reference; give one or more, or leave the row out.",
            nameof(references));
        for (var i = 0; i < references.Count; i++)
        {
            if (references[i] is null) throw new ArgumentException(
                $"Reference {i} of row {Count} is null; leave it out of the list, or give \"\" for an empty one.", nameof(references));
        }

        vary |= Count > 0 && references.Count != this.references;
        this.references = references.Count;
        Count++;
    }

    /// <summary>The signature in sacreBLEU's notation.</summary>
    /// <param name="definition">What stands between number of references and version.</param>
    /// <exception cref="InvalidOperationException">There is no row.</exception>
    public string Signature(string definition)
    {
        if (Count == 0) throw new InvalidOperationException("No row was added, and without one there is no score; add at least one.");
        return $"nrefs:{(vary ? "var" : references.ToString(CultureInfo.InvariantCulture))}|{definition}|version:{SacreBleuVersion}";
    }
}
