using System.Globalization;
using System.Text;
using static Bdia.Reports.Pages.Html;

namespace Bdia.Reports.Pages;

/// <summary>A line or points of a plot.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Style">The class of the style sheet that gives its colour: a, b or c.</param>
/// <param name="Points">Where it goes.</param>
/// <param name="Marked">Whether points are marked.</param>
internal sealed record Series(string Name, string Style, IReadOnlyList<(double X, double Y)> Points, bool Marked = false);

/// <summary>Draws plots as SVG within the page, in colours of the page's style sheet.</summary>
internal static class Plot
{
    private static readonly double[] Factors = [1, 2, 5, 10];
    private const double Width = 560, Height = 300, Left = 52, Right = 12, Top = 14, Bottom = 40;

    /// <summary>Lines over numbers.</summary>
    /// <param name="title">What is seen, for those who do not see it.</param>
    /// <param name="x">What runs to the right.</param>
    /// <param name="y">What runs upwards.</param>
    /// <param name="series">Lines.</param>
    /// <param name="unit">Whether both run from 0 to 1.</param>
    public static string Lines(string title, string x, string y, IReadOnlyList<Series> series, bool unit = false)
    {
        var points = series.SelectMany(line => line.Points).Where(point => double.IsFinite(point.Y)).ToArray();
        if (points.Length == 0) return "";
        var (left, right) = unit ? (0, 1) : (Math.Min(0, points.Min(point => point.X)), Math.Max(1e-9, points.Max(point => point.X)));
        var (low, high) = unit ? (0, 1) : Padded(points.Min(point => point.Y), points.Max(point => point.Y));
        var svg = new StringBuilder();
        svg.Append($"<figure><svg role=\"img\" viewBox=\"0 0 {Number(Width)} {Number(Height)}\" class=\"plot\">"
            + $"<title>{Encoded(title)}</title>");
        foreach (var tick in Ticks(low, high))
            svg.Append($"<line class=\"grid\" x1=\"{Number(Left)}\" x2=\"{Number(Width - Right)}\" y1=\"{Number(Y(tick))}\" "
                + $"y2=\"{Number(Y(tick))}\"/><text class=\"tick\" x=\"{Number(Left - 6)}\" y=\"{Number(Y(tick) + 4)}\" "
                + $"text-anchor=\"end\">{Short(tick)}</text>");
        foreach (var tick in Ticks(left, right))
            svg.Append($"<text class=\"tick\" x=\"{Number(X(tick))}\" y=\"{Number(Height - Bottom + 18)}\" "
                + $"text-anchor=\"middle\">{Short(tick)}</text>");
        svg.Append($"<text class=\"axis\" x=\"{Number((Left + Width - Right) / 2)}\" y=\"{Number(Height - 6)}\" text-anchor=\"middle\">"
            + $"{Encoded(x)}</text><text class=\"axis\" transform=\"translate(13 {Number((Top + Height - Bottom) / 2)}) rotate(-90)\" "
            + $"text-anchor=\"middle\">{Encoded(y)}</text>");
        foreach (var line in series) svg.Append(Line(line, X, Y));
        svg.Append("</svg><figcaption>").Append(Encoded(title)).Append(' ');
        foreach (var line in series.Where(line => line.Points.Count > 0))
            svg.Append($"<span class=\"key {line.Style}\">{Encoded(line.Name)}</span> ");
        return svg.Append("</figcaption></figure>").ToString();

        double X(double value) => Left + ((value - left) / (right - left) * (Width - Left - Right));
        double Y(double value) => Top + ((high - value) / (high - low) * (Height - Top - Bottom));
    }

    private static string Line(Series line, Func<double, double> x, Func<double, double> y)
    {
        var finite = line.Points.Where(point => double.IsFinite(point.Y)).ToArray();
        if (finite.Length == 0) return "";
        var path = string.Join(' ', finite.Select(point => $"{Number(x(point.X))},{Number(y(point.Y))}"));
        var marks = line.Marked ? string.Concat(finite.Select(point =>
            $"<circle class=\"{line.Style}\" cx=\"{Number(x(point.X))}\" cy=\"{Number(y(point.Y))}\" r=\"3\"/>")) : "";
        return $"<polyline class=\"{line.Style}\" points=\"{path}\"/>{marks}";
    }

    private static (double Low, double High) Padded(double low, double high)
    {
        var pad = high > low ? 0.05 * (high - low) : high == 0 ? 1 : Math.Abs(high) * 0.1;
        return (low >= 0 ? Math.Max(0, low - pad) : low - pad, high + pad);
    }

    /// <summary>About five round numbers from one to another.</summary>
    public static IEnumerable<double> Ticks(double low, double high)
    {
        var raw = (high - low) / 5;
        var scale = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = Factors.Select(factor => factor * scale).First(value => value >= raw * 0.999);
        for (var at = Math.Ceiling(low / step - 1e-9); at * step <= high + (1e-9 * step); at++) yield return at * step;
    }

    private static string Short(double value) => Math.Abs(value) < 1e-12 ? "0" : value.ToString("0.####", CultureInfo.InvariantCulture);
}
