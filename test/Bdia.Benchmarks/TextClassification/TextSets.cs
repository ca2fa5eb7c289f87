using System.CommandLine;
using System.Text.RegularExpressions;
using Bdia.Data.Files;

namespace Bdia.Benchmarks.TextClassification;

/// <summary>
/// Makes the labelled texts that docs/results compares classifiers on, of files that are at hand: Multi30k, tiny-shakespeare and what
/// <c>apt-cache dumpavail</c> prints. One tab-separated file each, the text and its class; the same files every time.
/// </summary>
internal static partial class TextSets
{
    private const int Seed = 1, PerLanguage = 1100, Speakers = 8, PerSpeaker = 120, LeastSpeech = 20, WordOrderRows = 10_000,
        LeastWords = 6, FewestPerSection = 200;

    private static readonly (string Name, int Skip, int Sections, int PerSection)[] sectionSets =
        [("ten-sections", 0, 10, 300), ("twelve-sections", 10, 12, 800)];

    public static Command Command()
    {
        var pairs = new Option<string>("--multi30k") { Description = "Folder of Multi30k.", Required = true };
        var plays = new Option<string>("--shakespeare") { Description = "tiny-shakespeare's input.txt.", Required = true };
        var packages = new Option<string>("--packages") { Description = "What apt-cache dumpavail prints.", Required = true };
        var to = new Option<string>("--to") { Description = "Folder to write to.", Required = true };
        var command = new Command("text-sets", "Writes the labelled texts of the text-classification suite.")
        {
            pairs, plays, packages, to,
        };
        command.SetAction(parse =>
        {
            var folder = parse.GetValue(to)!;
            Directory.CreateDirectory(folder);
            Write("languages", Languages(parse.GetValue(pairs)!));
            Write("word-order", WordOrder(parse.GetValue(pairs)!));
            Write("speakers", BySpeaker(File.ReadAllText(parse.GetValue(plays)!)));
            var described = Descriptions(File.ReadLines(parse.GetValue(packages)!));
            foreach (var (name, skip, sections, each) in sectionSets)
                Write(name, described.Skip(skip).Take(sections).SelectMany(section => Drawn(section.Texts, each, section.Section)));

            void Write(string name, IEnumerable<Row> rows)
            {
                var all = rows.ToArray();
                File.WriteAllLines(Path.Combine(folder, $"{name}.tsv"), all.Select(row => $"{row.Text}\t{row.Class}"));
                Console.WriteLine($"{name}: {all.Length:N0} rows, {all.Select(row => row.Class).Distinct().Count()} classes");
            }
        });
        return command;
    }

    private sealed record Row(string Text, string Class);

    /// <summary>The language of a caption; no caption is there in two languages.</summary>
    private static IEnumerable<Row> Languages(string folder)
        => new[] { "en", "fr", "de" }.SelectMany((language, i) => Lines(folder, language).Skip(i * PerLanguage).Take(PerLanguage)
            .Select(line => new Row(line, language)));

    /// <summary>Captions without capitals and marks, half of them with two neighbouring words exchanged.</summary>
    private static IEnumerable<Row> WordOrder(string folder)
    {
        var random = new Random(Seed);
        var captions = Lines(folder, "en").Select(line => NoLetter().Replace(line.ToLowerInvariant(), " ").Trim())
            .Where(line => line.Count(c => c == ' ') >= LeastWords - 1).Distinct().ToArray();
        random.Shuffle(captions);
        foreach (var caption in captions.Take(WordOrderRows))
        {
            if (random.Next(2) == 0)
            {
                yield return new(caption, "as written");
                continue;
            }

            var words = caption.Split(' ');
            int[] places = [.. Enumerable.Range(0, words.Length - 1).Where(i => words[i] != words[i + 1])];
            var place = places[random.Next(places.Length)];
            (words[place], words[place + 1]) = (words[place + 1], words[place]);
            yield return new(string.Join(' ', words), "exchanged");
        }
    }

    /// <summary>Who says it, of those who speak most often; the first line of a speech is "NAME:".</summary>
    private static IEnumerable<Row> BySpeaker(string plays)
        => plays.Split("\n\n").Select(speech => speech.Split(":\n", 2)).Where(parts => parts.Length == 2)
            .Select(parts => new Row(parts[1].ReplaceLineEndings(" ").Trim(), parts[0].Trim()))
            .Where(row => row.Text.Length >= LeastSpeech).GroupBy(row => row.Class)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(Speakers)
            .SelectMany(group => Drawn(group.Select(row => row.Text), PerSpeaker, group.Key));

    /// <summary>One-line descriptions of packages by their section, the sections with most of them first.</summary>
    private static (string Section, string[] Texts)[] Descriptions(IEnumerable<string> lines)
    {
        const string descriptionField = "Description: ", sectionField = "Section: ";
        List<Row> rows = [];
        string? description = null;
        foreach (var line in lines)
        {
            if (line.StartsWith(descriptionField, StringComparison.Ordinal)) description = line[descriptionField.Length..].Trim();
            if (line.StartsWith(sectionField, StringComparison.Ordinal) && description is not null)
            {
                rows.Add(new(description, line[sectionField.Length..].Trim()));
                description = null;
            }
        }

        return [.. rows.DistinctBy(row => row.Text).GroupBy(row => row.Class).Where(group => group.Count() >= FewestPerSection)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Select(row => row.Text).ToArray()))];
    }

    private static IEnumerable<Row> Drawn(IEnumerable<string> texts, int count, string label)
    {
        string[] all = [.. texts];
        new Random(Seed).Shuffle(all);
        return all.Take(count).Select(text => new Row(text, label));
    }

    private static IEnumerable<string> Lines(string folder, string language)
        => TextFile.Lines(Path.Combine(folder, $"train.{language}.gz")).Select(line => line.Trim()).Where(line => line.Length > 0);

    [GeneratedRegex("[^a-z]+")]
    private static partial Regex NoLetter();
}
