using Bdia.Core.Metrics;
using Bdia.Reports.Content;
using Bdia.Reports.Rows;

namespace Bdia.Reports.Pages;

/// <summary>Parts of a report on texts that are written: the best and the worst, what length does, and words that were never
/// seen.</summary>
internal static class TextParts
{
    private const int Examples = 10, LengthGroups = 4, Words = 25;

    public static IEnumerable<(string, string, Action<Html>)> Of(ReportContent content)
    {
        (DataRow Row, Prediction Prediction)[] rows = [.. content.Evaluation.Rows.Where(row => row.Prediction.Fault is null)];
        if (rows.Length == 0) yield break;
        if (!content.Evaluation.ComparesTexts)
        {
            yield return ("written", "What the model writes", html => html.Table("Beginnings of test texts, and how the model goes on",
                ["Beginning", "The model goes on", "The text itself"], rows.Select(row => (IReadOnlyList<Cell>)[Cell.Text(row.Row.Text),
                    Cell.Text(row.Prediction.Text), Cell.Text(row.Row.Expected)])));
            yield break;
        }

        (DataRow Row, Prediction Prediction, double Chrf)[] judged = [.. rows.Select(row => (row.Row, row.Prediction,
            Chrf.Corpus([row.Prediction.Text], [[row.Row.Expected]]).Score))
            .OrderByDescending(row => row.Score)
            .Select(row => (row.Row, row.Prediction, row.Score))];
        yield return ("examples", "Examples", html =>
        {
            Shown(html, "The best, by chrF", judged.Take(Examples));
            Shown(html, "The worst, by chrF", judged.Reverse().Take(Examples));
        });
        yield return ("length", "What length does", html => Lengths(html, rows));
        if (content.Training.Count > 0) yield return ("words", "Coverage of the vocabulary", html => Coverage(html, content, rows));
    }

    private static void Shown(Html html, string caption, IEnumerable<(DataRow Row, Prediction Prediction, double Chrf)> rows)
        => html.Table(caption, ["Source", "The model writes", "Expected", "chrF"], rows.Select(row => (IReadOnlyList<Cell>)
            [Cell.Text(row.Row.Text), Cell.Text(row.Prediction.Text), Cell.Text(row.Row.Expected), Cell.Figure($"{row.Chrf:f1}")]));

    private static void Lengths(Html html, (DataRow Row, Prediction Prediction)[] rows)
    {
        var ordered = rows.OrderBy(row => Split(row.Row.Text).Length).ToArray();
        var groups = ordered.Chunk(Math.Max(1, (ordered.Length + LengthGroups - 1) / LengthGroups)).Select(group =>
        {
            string[] written = [.. group.Select(row => row.Prediction.Text)];
            string[][] expected = [.. group.Select(row => new[] { row.Row.Expected })];
            return (From: Split(group[0].Row.Text).Length, To: Split(group[^1].Row.Text).Length, Count: group.Length,
                Bleu: Bleu.Corpus(written, expected).Score, Chrf: Chrf.Corpus(written, expected).Score);
        }).ToArray();
        html.Table("Figures by length of the source", ["Words", "Rows", "BLEU", "chrF"], groups.Select(group => (IReadOnlyList<Cell>)
            [Cell.Text($"{group.From} to {group.To}"), Cell.Figure($"{group.Count:N0}"), Cell.Figure($"{group.Bleu:f1}"),
                Cell.Figure($"{group.Chrf:f1}")]));
        html.Raw("<div class=\"plots\">" + Plot.Lines("BLEU and chrF by length of the source", "words", "figure",
            [new("BLEU", "a", [.. groups.Select(group => ((group.From + group.To) / 2.0, group.Bleu))], Marked: true),
                new("chrF", "b", [.. groups.Select(group => ((group.From + group.To) / 2.0, group.Chrf))], Marked: true)]) + "</div>");
    }

    private static void Coverage(Html html, ReportContent content, (DataRow Row, Prediction Prediction)[] rows)
    {
        var seen = content.Training.SelectMany(row => Split(row.Text)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string[] words = [.. rows.SelectMany(row => Split(row.Row.Text))];
        var unseen = words.Where(word => !seen.Contains(word)).GroupBy(word => word, StringComparer.OrdinalIgnoreCase)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).ToArray();
        html.Paragraph($"{1 - (unseen.Sum(group => group.Count()) / (double)Math.Max(1, words.Length)):p1} of {words.Length:N0} words of "
            + "the "
            + $"test rows stand in the training rows ({seen.Count:N0} different words). Words that do not are read in pieces.");
        if (unseen.Length > 0)
            html.Paragraph("Most frequent words that were never seen: "
                + $"{string.Join(", ", unseen.Take(Words).Select(group => group.Key))}.");
    }

    private static string[] Split(string text)
        => text.Split([' ', '\t', '\n', '\r', '.', ',', ';', ':', '!', '?', '"', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
}
