namespace Bdia.Core.ImageClassification;

/// <summary>
/// Count, mean and sum of squared deviations of some values, to which those of others can be added without loss (Chan, Golub and LeVeque,
/// 1979).
/// </summary>
internal readonly record struct PixelMoments(long Count, double Mean, double Deviations)
{
    /// <summary>The moments of one plane of an image: the mean first, then the deviations from it.</summary>
    public static PixelMoments Of(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += value;
        var mean = sum / values.Length;
        var deviations = 0.0;
        foreach (var value in values) deviations += (value - mean) * (value - mean);
        return new PixelMoments(values.Length, mean, deviations);
    }

    /// <summary>The moments of both sets of values together.</summary>
    public PixelMoments With(PixelMoments other)
    {
        if (Count == 0) return other;
        var count = Count + other.Count;
        var difference = other.Mean - Mean;
        return new PixelMoments(
            count,
            Mean + difference * other.Count / count,
            Deviations + other.Deviations + difference * difference * ((double)Count * other.Count / count));
    }
}
