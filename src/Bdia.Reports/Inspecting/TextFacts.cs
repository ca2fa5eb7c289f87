using System.Globalization;
using System.Text;
using Bdia.Reports.Rows;

namespace Bdia.Reports.Inspecting;

/// <summary>Lengths and letters of texts, and which are there twice or on both sides of a split.</summary>
internal static class TextFacts
{
    private const double FewShare = 0.001;

    // The scripts that people tell apart at a glance; first code point of each block, in order.
    private static readonly (int First, int Last, string Name)[] Scripts =
    [
        (0x0041, 0x024F, "Latin"), (0x0370, 0x03FF, "Greek"), (0x0400, 0x052F, "Cyrillic"), (0x0530, 0x058F, "Armenian"),
        (0x0590, 0x05FF, "Hebrew"), (0x0600, 0x077F, "Arabic"), (0x0900, 0x097F, "Devanagari"), (0x0980, 0x09FF, "Bengali"),
        (0x0B80, 0x0BFF, "Tamil"), (0x0E00, 0x0E7F, "Thai"), (0x10A0, 0x10FF, "Georgian"), (0x1100, 0x11FF, "Hangul"),
        (0x1E00, 0x1EFF, "Latin"), (0x3040, 0x309F, "Hiragana"), (0x30A0, 0x30FF, "Katakana"), (0x3400, 0x9FFF, "Han"),
        (0xAC00, 0xD7AF, "Hangul"),
    ];

    public static void Add(RowSets data, IReadOnlyList<DataRow> test, List<(string Name, string Value)> facts,
        List<string> warnings)
    {
        var pairs = data.Classes.Count == 0 && data.Train.Any(row => row.Expected.Length > 0);
        Lengths(pairs ? "Sources" : "Texts", data.Train.Select(row => row.Text), facts);
        if (pairs) Lengths("Targets", data.Train.Select(row => row.Expected), facts);

        var texts = data.Train.Select(row => row.Text).ToHashSet(StringComparer.Ordinal);
        facts.Add(("There twice", $"{data.Train.Count - data.Train.Select(row => (row.Text, row.Expected)).Distinct().Count():N0}"));
        Overlap("test", test);
        if (data.Validation is { } validation) Overlap("validate", validation);
        if (data.Classes.Count == 0) return;
        var torn = data.Train.GroupBy(row => row.Text).Count(group => group.Select(row => row.Expected).Distinct().Count() > 1);
        if (torn > 0) warnings.Add($"{torn:N0} text(s) stand in two classes");

        void Overlap(string what, IReadOnlyList<DataRow> rows)
        {
            var both = rows.Count(row => texts.Contains(row.Text));
            if (both > 0 && !data.IsOneText)
                warnings.Add($"{both:N0} of {rows.Count:N0} rows to {what} on have a text that is trained on as well, which flatters the "
                    + "figures");
        }
    }

    private static void Lengths(string what, IEnumerable<string> texts, List<(string Name, string Value)> facts)
    {
        var (letters, words, scripts, all) = (new List<int>(), new List<int>(), new Dictionary<string, long>(), 0L);
        foreach (var text in texts)
        {
            letters.Add(text.Length);
            words.Add(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length);
            foreach (var rune in text.EnumerateRunes())
            {
                if (!Rune.IsLetter(rune)) continue;
                all++;
                var script = Scripts.FirstOrDefault(item => rune.Value >= item.First && rune.Value <= item.Last).Name ?? "other";
                scripts[script] = scripts.GetValueOrDefault(script) + 1;
            }
        }

        if (letters.Count == 0) return;
        letters.Sort();
        words.Sort();
        facts.Add((what, $"{letters[0]:N0} to {letters[^1]:N0} characters, half of them up to {letters[letters.Count / 2]:N0} "
            + $"({words[words.Count / 2]:N0} words)"));
        facts.Add(($"Letters of {what.ToLowerInvariant()}", string.Join(", ", scripts.OrderByDescending(script => script.Value)
            .Where(script => script.Value >= FewShare * all).Select(script => string.Create(CultureInfo.InvariantCulture,
                $"{script.Key} {(double)script.Value / all:p1}"))) is { Length: > 0 } found ? found : "none"));
    }
}
