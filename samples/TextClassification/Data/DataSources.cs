using Bdia.Data;
using Bdia.Data.Texts;
using Bdia.Samples.TextClassification.Matches;
using Bdia.Samples.TextClassification.Options;

namespace Bdia.Samples.TextClassification.Data;

/// <summary>Finds out what --data names and reads it.</summary>
internal static class DataSources
{
    /// <summary>Rows that are made where --train-rows and --test-rows do not say.</summary>
    public const int MadeTrainRows = 4_000, MadeTestRows = 1_000;

    private const double HeldOut = 0.2;

    /// <summary>Reads what --data names, or makes rows where it is not given.</summary>
    /// <param name="options">Where the data are, and how much of them to use.</param>
    /// <param name="note">Told what was left out.</param>
    /// <exception cref="InputException">It is not there, or not one of the known kinds, or damaged.</exception>
    public static LabelledTexts Load(SampleOptions options, Action<string> note)
        => options.Data is { } path ? Read(path, options, note) : Made(options);

    private static LabelledTexts Made(SampleOptions options) => new()
    {
        Name = "match reports made by this sample",
        Train = MatchBook.Rows(options.TrainRows ?? MadeTrainRows, options.Seed, forTest: false),
        Test = MatchBook.Rows(options.TestRows ?? MadeTestRows, options.Seed, forTest: true),
    };

    private static LabelledTexts Read(string path, SampleOptions options, Action<string> note)
    {
        var (train, test) = Directory.Exists(path) ? ClassFolders.Read(path, note)
            : File.Exists(path) ? (LabelledFile.Read(path, options.TextColumn, options.ClassColumn, note), null)
            : throw new InputException($"There is no folder or file {path}. Check --data.");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (test is null) (train, test) = Parted(name, train, options.Seed, note);
        var data = new LabelledTexts { Name = name, Train = Chosen(train, options.TrainRows, options.Seed),
            Test = Chosen(test, options.TestRows, options.Seed) };
        if (data.Classes.Count < 2)
            throw new InputException($"The training rows of {path} have {data.Classes.Count} class(es); at least 2 are needed. Add rows "
                + "of another class, or take more rows.");
        if (data.Test.FirstOrDefault(row => !data.Classes.Contains(row.Class)) is { } unknown)
            throw new InputException($"A test row is of class \"{unknown.Class}\", which no training row has ("
                + $"{string.Join(", ", data.Classes.Take(10))}). Give both the same classes, or take more training rows.");
        return data;
    }

    /// <summary>
    /// Holds a fifth of every class back for testing. Rows of one text go the same way, so that no tested text is trained on.
    /// </summary>
    private static (List<LabelledText> Train, List<LabelledText> Test) Parted(string name, List<LabelledText> rows, int seed,
        Action<string> note)
    {
        var (train, test) = (new List<LabelledText>(), new List<LabelledText>());
        foreach (var ofClass in rows.GroupBy(row => row.Text, StringComparer.Ordinal)
            .GroupBy(text => text.First().Class, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var texts = ofClass.ToArray();
            new Random(seed).Shuffle(texts);
            var held = Math.Min(texts.Length - 1, (int)Math.Ceiling(texts.Length * HeldOut));
            test.AddRange(texts[..held].SelectMany(text => text));
            train.AddRange(texts[held..].SelectMany(text => text));
        }

        note($"{name} has no test rows of its own: {test.Count:N0} of {rows.Count:N0} rows are held out, a fifth of every class, chosen by "
            + "the seed.");
        return (train, test);
    }

    /// <summary>So many rows, chosen by the seed, in a random order; all where there are no more.</summary>
    private static IReadOnlyList<LabelledText> Chosen(List<LabelledText> rows, int? count, int seed)
    {
        var order = rows.ToArray();
        new Random(seed).Shuffle(order);
        return [.. order.Take(count ?? int.MaxValue)];
    }
}
