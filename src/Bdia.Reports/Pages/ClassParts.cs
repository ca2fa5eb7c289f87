using Bdia.Reports.Content;
using Bdia.Reports.Rows;
using static Bdia.Reports.Pages.Html;

namespace Bdia.Reports.Pages;

/// <summary>Parts of a report on classes: who is taken for whom, how sure the model is, and which rows it has wrong.</summary>
internal static class ClassParts
{
    private const int MostInMatrix = 30, Shots = 12, Bins = 10;

    public static IEnumerable<(string, string, Action<Html>)> Of(ReportContent content)
    {
        var classes = content.Evaluation.Classes;
        (DataRow Row, Prediction Prediction)[] rows = [.. content.Evaluation.Rows.Where(row => row.Prediction.Fault is null
            && classes.Contains(row.Row.Expected))];
        if (rows.Length == 0) yield break;
        yield return ("classes", "Classes", html => Classes(html, rows, classes));
        yield return ("confusion", "Which class is taken for which", html => Confusion(html, rows, classes));
        yield return ("calibration", "How sure the model is", html => Calibration(html, rows));
        yield return ("mistakes", "Rows to look at", html => Mistakes(html, rows, classes));
    }

    private static void Classes(Html html, (DataRow Row, Prediction Prediction)[] rows, IReadOnlyList<string> classes)
    {
        html.Paragraph("Recall is the share of a class's rows that are found, precision the share of rows taken for it that are of it. "
            + "Intervals hold 95 % (Wilson).");
        html.Table("Figures of each class", ["Class", "Rows", "Recall", "95 % interval", "Taken for it", "Precision", "95 % interval",
            "F1"],
            classes.Select(name =>
            {
                var (actual, taken) = (rows.Count(row => row.Row.Expected == name), rows.Count(row => row.Prediction.Text == name));
                var right = rows.Count(row => row.Row.Expected == name && row.Prediction.Text == name);
                var f1 = actual + taken == 0 ? double.NaN : 2.0 * right / (actual + taken);
                return (IReadOnlyList<Cell>)[Cell.Text(name), Cell.Figure($"{actual:N0}"), .. Share(right, actual),
                    Cell.Figure($"{taken:N0}"), .. Share(right, taken), Cell.Figure(double.IsNaN(f1) ? "" : $"{f1:f3}")];
            }));
    }

    private static Cell[] Share(int right, int count)
    {
        if (count == 0) return [Cell.Text(""), Cell.Text("")];
        var (low, high) = ClassFigures.Wilson(right, count);
        return [Cell.Figure($"{(double)right / count:p1}"), Cell.Figure($"{low:p1} to {high:p1}")];
    }

    private static void Confusion(Html html, (DataRow Row, Prediction Prediction)[] rows, IReadOnlyList<string> classes)
    {
        var counts = rows.GroupBy(row => (row.Row.Expected, row.Prediction.Text)).ToDictionary(group => group.Key, group => group.Count());
        if (classes.Count <= MostInMatrix)
        {
            var most = Math.Max(1, counts.Values.Max());
            html.Table("Confusion matrix: a row is a class, a column what its rows are taken for", ["is \\ taken for", .. classes],
                classes.Select(actual => (IReadOnlyList<Cell>)[Cell.Text(actual), .. classes.Select(predicted =>
                    Count(counts.GetValueOrDefault((actual, predicted)), most, actual == predicted))]));
        }

        var wrong = counts.Where(pair => pair.Key.Expected != pair.Key.Text).OrderByDescending(pair => pair.Value).Take(15).ToArray();
        if (wrong.Length > 0)
            html.Table("Most frequent mistakes", ["Class", "Taken for", "Rows"], wrong.Select(pair => (IReadOnlyList<Cell>)
                [Cell.Text(pair.Key.Expected), Cell.Text(pair.Key.Text), Cell.Figure($"{pair.Value:N0}")]));
        else html.Paragraph("No row of the test is taken for another class.");
    }

    private static Cell Count(int count, int most, bool right) => new(count == 0 ? "<span class=\"soft\">0</span>" : $"{count:N0}",
        count == 0 ? "class=\"cell\"" : $"class=\"cell\" style=\"background:color-mix(in srgb, var({(right ? "--a" : "--b")}) "
            + $"{Number(12 + (38.0 * count / most))}%, transparent)\"");

    private static void Calibration(Html html, (DataRow Row, Prediction Prediction)[] rows)
    {
        var bins = rows.GroupBy(row => Math.Min(Bins - 1, (int)(row.Prediction.Score * Bins))).OrderBy(group => group.Key)
            .Select(group => (Sure: group.Average(row => (double)row.Prediction.Score),
                Right: group.Average(row => row.Prediction.Text == row.Row.Expected ? 1.0 : 0), Count: group.Count())).ToArray();
        var error = bins.Sum(bin => Math.Abs(bin.Sure - bin.Right) * bin.Count) / rows.Length;
        html.Raw("<div class=\"plots\">" + Plot.Lines("Calibration: of rows that the model is so sure of, how many are right",
            "probability that the model gives", "share that is right", [new("the model", "a", [.. bins.Select(bin => (bin.Sure,
                bin.Right))],
                Marked: true), new("a model that knows itself", "c", [(0, 0), (1, 1)])], unit: true) + "</div>");
        html.Paragraph($"Expected calibration error: {error:p1} (0 % is best).");
        html.Table("The same in numbers", ["Mean probability", "Right", "Rows"], bins.Select(bin => (IReadOnlyList<Cell>)
            [Cell.Text($"{bin.Sure:p1}"), Cell.Figure($"{bin.Right:p1}"), Cell.Figure($"{bin.Count:N0}")]));
    }

    private static void Mistakes(Html html, (DataRow Row, Prediction Prediction)[] rows, IReadOnlyList<string> classes)
    {
        var wrong = rows.Where(row => row.Prediction.Text != row.Row.Expected).OrderByDescending(row => row.Prediction.Score).Take(Shots);
        Shown(html, "The most confident mistakes", [.. wrong], classes);
        Shown(html, "Rows that the model is least certain of", [.. rows.OrderBy(row => Margin(row.Prediction.Scores!)).Take(Shots)],
            classes);
    }

    private static float Margin(float[] scores)
    {
        var two = scores.OrderDescending().Take(2).ToArray();
        return two[0] - two[^1];
    }

    private static void Shown(Html html, string heading, (DataRow Row, Prediction Prediction)[] rows, IReadOnlyList<string> classes)
    {
        html.Raw($"<h3>{Encoded(heading)}</h3>");
        if (rows.Length == 0)
        {
            html.Paragraph("There are none.");
            return;
        }

        html.Raw("<ul class=\"shots\">");
        foreach (var (row, prediction) in rows)
        {
            var own = prediction.Scores![ClassFigures.Index(classes, row.Expected)];
            var picture = row.Picture is { } load && Thumbnail.Of(load) is { } address
                ? $"<img src=\"{address}\" alt=\"{Encoded($"{row.Name}: {row.Expected}, taken for {prediction.Text}")}\">"
                : row.Text.Length > 0 ? $"<blockquote>{Encoded(Cut(row.Text))}</blockquote>" : "";
            html.Raw($"<li>{picture}<b>{Encoded(row.Expected)}</b> ({own:p0})<br>taken for <b>{Encoded(prediction.Text)}</b> "
                + $"({prediction.Score:p0})<br><span class=\"soft\">{Encoded(row.Name)}</span></li>");
        }

        html.Raw("</ul>");
    }

    private static string Cut(string text) => text.Length <= 240 ? text : text[..240] + "…";
}
