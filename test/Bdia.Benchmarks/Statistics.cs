namespace Bdia.Benchmarks;

/// <summary>What is told of several measurements of one thing.</summary>
internal static class Statistics
{
    /// <summary>The middle one; of an even number, the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The smallest and the largest one.</summary>
    public static string Spread(IReadOnlyCollection<double> values, string format)
        => $"{values.Min().ToString(format)} to {values.Max().ToString(format)}";

    /// <summary>The straight line through points by least squares, and how far above or below it the furthest point lies.</summary>
    public static (double Slope, double LargestResidual) Line(IReadOnlyCollection<(double X, double Y)> points)
    {
        var (x, y) = (points.Average(p => p.X), points.Average(p => p.Y));
        var slope = points.Sum(p => (p.X - x) * (p.Y - y)) / points.Sum(p => (p.X - x) * (p.X - x));
        return (slope, points.Max(p => Math.Abs(p.Y - y - slope * (p.X - x))));
    }
}
