using Bdia.Benchmarks.Training;

namespace Bdia.Benchmarks.Sweep;

/// <summary>Contenders that differ in method and in one setting.</summary>
/// <param name="What">The setting.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Value">Its value.</param>
/// <param name="Points">All contenders, by rising value.</param>
internal sealed record Sweep(string What, string Unit, Func<TrainingSettings, double> Value, IReadOnlyList<TrainingSummary> Points)
{
    private const double Mebibyte = 1 << 20;

    /// <summary>A row for each value, with the seconds and memory of each method.</summary>
    public MarkdownTable Table()
    {
        var methods = Points.Select(p => p.Settings.Method).Distinct().Order().ToArray();
        var table = new MarkdownTable([What, .. methods.Select(m => $"{m}, s"), .. methods.Select(m => $"{m}, MiB over idle")]);
        foreach (var group in Points.GroupBy(p => Value(p.Settings)))
        {
            string Cell(TrainingMethod method, Func<TrainingSummary, string> text) =>
                group.FirstOrDefault(p => p.Settings.Method == method) is { } point ? text(point) : "";
            table.Add([$"{group.Key}", .. methods.Select(m => Cell(m, p => $"{p.SecondsPerStep:F3}")),
                .. methods.Select(m => Cell(m, p => $"{p.OverIdleBytes / Mebibyte:F0}"))]);
        }

        return table;
    }
}
