using Bdia.Reports.Rows;

namespace Bdia.Reports.Inspecting;

/// <summary>What is to be known of data before they are trained on.</summary>
/// <param name="Facts">What there is, for people.</param>
/// <param name="Classes">Rows of each class: to train on, and to test on.</param>
/// <param name="Warnings">What may spoil training or its figures.</param>
public sealed record Inspection(IReadOnlyList<(string Name, string Value)> Facts,
    IReadOnlyList<(string Name, int Train, int Test)> Classes, IReadOnlyList<string> Warnings)
{
    private const int Named = 5;
    private const double Uneven = 10;

    /// <summary>Looks at rows.</summary>
    /// <param name="data">The data.</param>
    /// <param name="test">Rows for testing.</param>
    /// <param name="decode">Whether every picture is decoded, which finds those that are cut short. Default false.</param>
    public static Inspection Of(RowSets data, IReadOnlyList<DataRow> test, bool decode = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(test);
        var (facts, warnings) = (new List<(string Name, string Value)>(), new List<string>());
        facts.Add(("Data set", $"{data.Name} ({data.Kind})"));
        facts.Add(("Rows", $"{data.Train.Count:N0} to train on" + (data.Validation is { } held ? $", {held.Count:N0} to validate on" : "")
            + $", {test.Count:N0} to test on"));
        if (data.LeftOut.Count > 0)
            warnings.Add($"{data.LeftOut.Count:N0} rows or files are left out: {Some(data.LeftOut)}");
        var classes = Counted(data, test, warnings);
        if (data.Train.Concat(test).Any(row => row.Picture is not null)) PictureFacts.Add(data, test, decode, facts, warnings);
        else TextFacts.Add(data, test, facts, warnings);
        return new(facts, classes, warnings);
    }

    /// <summary>The first few of some things, and how many more there are.</summary>
    internal static string Some(IReadOnlyList<string> names)
        => string.Join("; ", names.Take(Named)) + (names.Count > Named ? $"; and {names.Count - Named:N0} more" : "");

    private static (string, int, int)[] Counted(RowSets data, IReadOnlyList<DataRow> test, List<string> warnings)
    {
        if (data.Classes.Count == 0) return [];
        var (train, tested) = (Counts(data.Train), Counts(test));
        (string Name, int Train, int Test)[] classes = [.. data.Classes.Select(name =>
            (name, train.GetValueOrDefault(name), tested.GetValueOrDefault(name)))];
        var (least, most) = (classes.MinBy(item => item.Train), classes.MaxBy(item => item.Train));
        if (least.Train == 0) warnings.Add($"class \"{least.Name}\" has no row to train on");
        else if (most.Train > Uneven * least.Train)
            warnings.Add($"classes are uneven: \"{most.Name}\" has {most.Train:N0} rows, \"{least.Name}\" {least.Train:N0}; look at the "
                + "figures of each class, not at the accuracy alone");
        return classes;

        static Dictionary<string, int> Counts(IReadOnlyList<DataRow> rows)
            => rows.GroupBy(row => row.Expected).ToDictionary(group => group.Key, group => group.Count());
    }
}
