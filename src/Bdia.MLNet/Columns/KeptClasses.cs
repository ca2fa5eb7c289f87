namespace Bdia.MLNet.Columns;

/// <summary>Which classes of a label a model knows already, by their names.</summary>
internal static class KeptClasses
{
    private const int MostNamed = 5;

    /// <summary>
    /// For each class of a label the class of a model that has its name, or -1. Keys without values are the same where there are as many.
    /// </summary>
    /// <param name="label">The label.</param>
    /// <param name="there">The classes of the model.</param>
    /// <param name="title">What the model is called.</param>
    /// <param name="told">What to say of it.</param>
    public static IReadOnlyList<int> Of(LabelColumn label, ClassificationColumns there, string title, out string told)
    {
        if (there.Labels is null && label.Values is null && there.Classes == label.Classes)
        {
            told = $"The head is kept: label and weights have {label.Classes} classes without names.";
            return [.. Enumerable.Range(0, label.Classes)];
        }

        if (there.Labels is not { } names || label.Values is not { } values)
        {
            told = $"The head of {there.Classes} classes is exchanged for one of {label.Classes}, drawn anew: what classes are called is "
                + $"known of {(there.Labels is not null ? "the weights" : label.Values is not null ? "the label" : "neither")} alone.";
            return [.. Enumerable.Repeat(-1, label.Classes)];
        }

        // Values of one type are told apart by the text from which a value comes back; others by what people read.
        var sameType = names.Type == values.Type;
        var (kept, found, anew) = Match(values, sameType ? names.Encoded : names.Texts, sameType);
        told = anew.Length == 0 ? $"The head is kept: all {found.Length} classes are among the {there.Classes} of {title}."
            : found.Length == 0
                ? $"The head of {there.Classes} classes is exchanged for one of {anew.Length}, drawn anew: {title} knows no class by name."
            : $"Of the head, {found.Length} classes that {title} knows by name are kept ({Listed(found)}), and {anew.Length} are drawn "
                + $"anew ({Listed(anew)}).";
        return kept;
    }

    /// <summary>Finds classes by name; a name that stands twice is none's.</summary>
    /// <param name="values">Those of a label.</param>
    /// <param name="names">Those of a model, in the order of its classes.</param>
    /// <param name="encoded">Whether names are texts from which values come back; otherwise they are what people read.</param>
    /// <returns>For each class of the label that of the model, or -1; and what the classes are called that are found, and that are
    /// not.</returns>
    public static (int[] Kept, string[] Found, string[] Anew) Match(KeyValues values, IReadOnlyList<string> names, bool encoded)
    {
        var places = names.Index().GroupBy(name => name.Item, StringComparer.Ordinal).Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.First().Index, StringComparer.Ordinal);
        int[] kept = [.. (encoded ? values.Encoded : values.Texts).Select(text => places.GetValueOrDefault(text, -1))];
        return (kept, Called(found: true), Called(found: false));

        string[] Called(bool found)
            => [.. kept.Index().Where(row => row.Item >= 0 == found).Select(row => values.Texts[row.Index])];
    }

    /// <summary>The first few of some classes.</summary>
    public static string Listed(string[] names)
        => string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'")) + (names.Length > MostNamed ? ", ..." : "");
}
