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
    public static string Spread(IReadOnlyCollection<double> values, string format) => $"{values.Min().ToString(format)} to {values.Max().ToString(format)}";
}
