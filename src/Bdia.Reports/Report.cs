using System.Globalization;
using System.Reflection;
using System.Text;
using Bdia.Data.Files;
using Bdia.Reports.Content;
using Bdia.Reports.Inspecting;
using Bdia.Reports.Pages;
using static Bdia.Reports.Pages.Html;

namespace Bdia.Reports;

/// <summary>Writes a report: one HTML file that refers to nothing outside itself, and needs no scripts.</summary>
public static class Report
{
    /// <summary>Writes a report.</summary>
    /// <param name="path">The file, whole or not at all.</param>
    /// <param name="content">What it tells.</param>
    /// <exception cref="Bdia.Data.OutputException">It cannot be written.</exception>
    public static void Write(string path, ReportContent content) => WholeFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        writer.Write(Page(content));
    });

    /// <summary>The page itself.</summary>
    /// <param name="content">What it tells.</param>
    /// <returns>HTML.</returns>
    public static string Page(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var (facts, html) = (content.Facts, new Html());
        var parts = Parts(content);
        html.Raw($"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encoded(facts.Name)}: {Encoded(content.Title)}</title><link rel="icon" href="data:,">
            <style>{Style()}</style></head><body>
            <a class="skip" href="#figures">To the figures</a>
            <header><h1>{Encoded(facts.Name)}</h1>
            <p class="lead">A {Encoded(content.Title)}, from {Encoded(facts.Dataset)}: {Number(facts.TrainRows)} rows to train on,
            {Number(facts.TestRows)} to test on.</p></header>
            """);
        html.Raw("<nav aria-label=\"Parts of this report\"><ul>"
            + string.Concat(parts.Select(part => $"<li><a href=\"#{part.Id}\">{Encoded(part.Heading)}</a></li>")) + "</ul></nav><main>");
        foreach (var (id, heading, write) in parts) html.Section(id, heading, write);
        return html.Raw($"</main><footer>{Encoded(facts.Versions)}</footer></body></html>").ToString();
    }

    private static List<(string Id, string Heading, Action<Html> Write)> Parts(ReportContent content)
    {
        List<(string Id, string Heading, Action<Html> Write)> parts = [("figures", "Figures", html => Figures(html, content))];
        if (content.Facts.Epochs.Count > 0 && content.Steps.Count > 0)
            parts.Add(("curves", "Learning curves", html => LearningCurves.Write(html, content)));
        if (content.Evaluation.Classes.Count > 0) parts.AddRange(ClassParts.Of(content));
        else parts.AddRange(TextParts.Of(content));
        if (AttentionParts.Of(content.Model, content.Evaluation) is { Count: > 0 } looked)
            parts.Add(("attention", "Where the model looks", html => AttentionParts.Write(html, looked)));
        parts.Add(("data", "Data", html => Data(html, content)));
        parts.Add(("cost", "Memory and time", html => Cost(html, content)));
        parts.Add(("made", "How it was made", html => Made(html, content)));
        return parts;
    }

    private static void Figures(Html html, ReportContent content)
    {
        html.Raw("<ul class=\"cards\">");
        foreach (var figure in content.Evaluation.Figures)
            html.Raw($"<li><b>{Encoded(Head(figure.Shown))}</b>{Encoded(figure.Name)}</li>");
        html.Raw("</ul>").Pairs("Figures of the test rows", content.Evaluation.Figures.Select(figure => (figure.Name, figure.Shown)));
        html.Pairs("The model", NetworkFacts.Of(content.Model));
    }

    // What stands before the remarks: "93.1 %" of "93.1 % (...)".
    private static string Head(string shown) => shown.Split(" (", 2)[0].Split(" of ", 2)[0].Split(" per ", 2)[0];

    private static void Data(Html html, ReportContent content)
    {
        html.Pairs("What there is", content.Inspection.Facts);
        if (content.Inspection.Classes.Count > 0)
            html.Table("Rows of each class", ["Class", "To train on", "To test on"], content.Inspection.Classes.Select(item =>
                (IReadOnlyList<Cell>)[Cell.Text(item.Name), Cell.Figure($"{item.Train:N0}"), Cell.Figure($"{item.Test:N0}")]));
        foreach (var warning in content.Inspection.Warnings) html.Raw($"<p class=\"warn\">{Encoded(warning)}</p>");
    }

    private static void Cost(Html html, ReportContent content)
    {
        if (content.Memory is { } memory)
        {
            (string Name, long Bytes)[] parts = [("Weights", memory.Weights), ("Gradients", memory.Gradients),
                ("Optimizer", memory.Optimizer), ("States", memory.States), ("Side information", memory.SideInformation),
                ("Graph of a block", memory.BlockGraph), ("Rest", memory.Rest)];
            Bars(html, "Memory of training by part, estimated", "MiB", [.. parts.Select(part => (part.Name, part.Bytes / 1048576.0))]);
        }

        if (content.Facts.PeakResidentBytes > 0)
            html.Paragraph($"The process took {content.Facts.PeakResidentBytes / 1048576.0:f0} MiB at most, as the system counts them.");
        if (content.Seconds.Count > 0)
            Bars(html, "Time by part", "s", [.. content.Seconds.Select(part => (part.Key, part.Value))]);
    }

    private static void Bars(Html html, string caption, string unit, (string Name, double Value)[] parts)
    {
        var most = Math.Max(1e-9, parts.Max(part => part.Value));
        html.Table(caption, ["Part", unit, ""], parts.Select(part => (IReadOnlyList<Cell>)[Cell.Text(part.Name),
            Cell.Figure(part.Value.ToString("0.0", CultureInfo.InvariantCulture)),
            new($"<span class=\"bar\" aria-hidden=\"true\" style=\"width:{Number(180 * part.Value / most)}px\"></span>")]));
    }

    private static void Made(Html html, ReportContent content)
    {
        var facts = content.Facts;
        if (facts.Command.Length > 0) html.Raw($"<p>The command: <code>{Encoded(facts.Command)}</code></p>");
        if (facts.Options.Count > 0) html.Pairs("Options", facts.Options.Select(option => (option.Key, option.Value)));
        if (facts.Epochs.Count > 0)
            html.Paragraph($"{facts.Epochs.Count} epochs in {facts.SecondsTraining:f0} seconds; ended: {facts.StopReason}.");
        html.Raw($"<p class=\"soft\">{Encoded(facts.Versions)}</p>");
    }

    private static string Style()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
