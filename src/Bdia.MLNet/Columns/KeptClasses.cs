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
        var places = (sameType ? names.Encoded : names.Texts).Index()
            .GroupBy(name => name.Item, StringComparer.Ordinal).Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.First().Index, StringComparer.Ordinal);
        int[] kept = [.. (sameType ? values.Encoded : values.Texts).Select(text => places.GetValueOrDefault(text, -1))];
        var found = kept.Index().Where(row => row.Item >= 0).Select(row => values.Texts[row.Index]).ToArray();
        var anew = kept.Index().Where(row => row.Item < 0).Select(row => values.Texts[row.Index]).ToArray();
        told = anew.Length == 0 ? $"The head is kept: all {found.Length} classes are among the {there.Classes} of {title}."
            : found.Length == 0
                ? $"The head of {there.Classes} classes is exchanged for one of {anew.Length}, drawn anew: {title} knows no class by name."
            : $"Of the head, {found.Length} classes that {title} knows by name are kept ({Listed(found)}), and {anew.Length} are drawn "
                + $"anew ({Listed(anew)}).";
        return kept;
    }

    private static string Listed(string[] names)
        => string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'")) + (names.Length > MostNamed ? ", ..." : "");
}
