using Bdia.Data;
using Bdia.Data.Texts;
using Bdia.Samples.Translation.Options;
using Bdia.Samples.Translation.Phrases;

namespace Bdia.Samples.Translation.Data;

/// <summary>Finds out what --data names and reads it.</summary>
internal static class DataSources
{
    /// <summary>Rows that are made where --train-rows and --test-rows do not say.</summary>
    public const int MadeTrainRows = 40_000, MadeTestRows = 1_000;

    /// <summary>The languages of the sample's own pair.</summary>
    public const string Words = "words", Forms = "forms";

    private const int MostHeldOut = 1_000;

    /// <summary>Reads what --data names, or makes rows where it is not given.</summary>
    /// <param name="options">Where the data are, which languages, and how much of them to use.</param>
    /// <param name="note">Told what was left out.</param>
    /// <exception cref="InputException">It is not there, or not one of the known kinds, or damaged.</exception>
    public static ParallelText Load(SampleOptions options, Action<string> note)
    {
        var data = options.Data is null ? Made(options) : Read(options.Data, options, note);
        return data with
        {
            Train = Chosen(data.Train, options.TrainRows, options.Seed),
            Tests = [.. data.Tests.Select(test => test with { Rows = [.. test.Rows.Take(options.TestRows ?? int.MaxValue)] })],
        };
    }

    private static ParallelText Made(SampleOptions options)
    {
        var (source, target) = (options.Source ?? Words, options.Target ?? (options.Source == Forms ? Words : Forms));
        if ((source, target) is not (Words, Forms) and not (Forms, Words))
            throw new InputException($"The sample's own language pair is {Words} and {Forms}; --source {source} --target {target} is "
                + "another. Leave them out, turn them round, or give --data.");
        var toForms = target == Forms;
        return new()
        {
            Name = "phrases made by this sample",
            Languages = (source, target),
            Train = PhraseBook.Rows(options.TrainRows ?? MadeTrainRows, options.Seed, PhrasePart.Training, toForms),
            Validation = PhraseBook.Rows(500, options.Seed, PhrasePart.Validation, toForms),
            Tests = [new("phrases held out", PhraseBook.Rows(options.TestRows ?? MadeTestRows, options.Seed, PhrasePart.Test, toForms))],
        };
    }

    private static ParallelText Read(string path, SampleOptions options, Action<string> note)
    {
        if (Directory.Exists(path))
        {
            if (options.Source is not { } from || options.Target is not { } to)
                throw new InputException($"{path} is a folder: give its two languages, --source en --target fr for files train.en and "
                    + "train.fr.");
            var (train, validation, tests) = AlignedFolder.Read(path, from, to, note);
            return Whole(Path.GetFileName(Path.GetFullPath(path)), (from, to), train, validation, tests, options.Seed, note);
        }

        if (!File.Exists(path))
            throw new InputException($"There is no folder or file {path}. Check --data.");
        if (!TabbedFile.Accepts(path))
            throw new InputException($"{path} is no data set that this sample knows. It takes a folder of line-aligned files (train.en "
                + "and train.fr, and val and test files, plain or .gz), or a tab-separated file (.tsv, .txt, or a .zip that holds one).");
        var (source, target) = (options.Source ?? "1", options.Target ?? (options.Source == "2" ? "1" : "2"));
        return Whole(Path.GetFileName(path), (source, target), TabbedFile.Read(path, source, target, note), null, [], options.Seed, note);
    }

    /// <summary>
    /// Holds rows back for testing where the data have none set apart. All rows of one source go the same way, so that no tested source is
    /// trained on.
    /// </summary>
    private static ParallelText Whole(string name, (string, string) languages, List<TextPair> train,
        List<TextPair>? validation, List<TestSet> tests, int seed, Action<string> note)
    {
        if (tests.Count == 0)
        {
            var sources = train.GroupBy(row => row.Source, StringComparer.Ordinal).ToArray();
            if (sources.Length < 2) throw new InputException(
                $"{name} has {sources.Length} source text(s) and no test files; at least 2 are needed, so that one can be held out. Add "
                + "rows, or files named test.");
            new Random(seed).Shuffle(sources);
            var (forTest, forValidation) = (Share(sources.Length), validation is null ? Share(sources.Length) : 0);
            if (forTest + forValidation >= sources.Length) forValidation = 0;
            tests = [new("rows held out", [.. sources[..forTest].Select(group => group.First())])];
            validation ??= forValidation == 0 ? null : [.. sources[forTest..(forTest + forValidation)].Select(group => group.First())];
            train = [.. sources[(forTest + forValidation)..].SelectMany(group => group)];
            note($"{name} has no test rows of its own: {forTest:N0} of {sources.Length:N0} source texts are held out, chosen by the seed.");
        }

        return new() { Name = name, Languages = languages, Train = train, Validation = validation, Tests = tests };
    }

    private static int Share(int sources) => Math.Clamp(sources / 20, 1, MostHeldOut);

    /// <summary>So many rows, chosen by the seed, in their own order; all where there are no more.</summary>
    private static IReadOnlyList<TextPair> Chosen(IReadOnlyList<TextPair> rows, int? count, int seed)
    {
        if (count is not { } few || few >= rows.Count) return rows;
        var numbers = Enumerable.Range(0, rows.Count).ToArray();
        new Random(seed).Shuffle(numbers);
        return [.. numbers.Take(few).Order().Select(i => rows[i])];
    }
}
