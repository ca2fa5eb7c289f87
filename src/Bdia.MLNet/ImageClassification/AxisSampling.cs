namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// One side of a picture brought to another length: for each new pixel, which old ones it shows and in what shares. Shrinking averages over
/// all that a new pixel covers, so that nothing falls between; enlarging goes in a straight line from one pixel's middle to the next.
/// </summary>
internal sealed class AxisSampling
{
    private readonly int[] first;
    private readonly int[] firstWeight; // of new pixel i: weights[firstWeight[i]..firstWeight[i + 1]]
    private readonly float[] weights;

    /// <param name="length">Old pixels.</param>
    /// <param name="start">Where among them the part begins that is shown.</param>
    /// <param name="extent">How many of them are shown.</param>
    /// <param name="count">New pixels.</param>
    public AxisSampling(int length, double start, double extent, int count)
    {
        first = new int[count];
        firstWeight = new int[count + 1];
        var shares = new List<float>();
        var step = extent / count;
        for (var i = 0; i < count; i++)
        {
            firstWeight[i] = shares.Count;
            first[i] = step > 1 ? Average(start + i * step, step, length, shares) : Between(start + (i + 0.5) * step - 0.5, length, shares);
        }
        firstWeight[count] = shares.Count;
        weights = [.. shares];
    }

    /// <summary>New pixels.</summary>
    public int Count => first.Length;

    /// <summary>The first old pixel that any new one shows.</summary>
    public int From => first[0];

    /// <summary>The old pixel behind the last that any new one shows.</summary>
    public int To => first[^1] + Weights(Count - 1).Length;

    /// <summary>The first old pixel that a new one shows.</summary>
    public int First(int pixel) => first[pixel];

    /// <summary>The shares of that pixel and those behind it; they sum to 1.</summary>
    public ReadOnlySpan<float> Weights(int pixel) => weights.AsSpan(firstWeight[pixel]..firstWeight[pixel + 1]);

    private static int Average(double from, double step, int length, List<float> shares)
    {
        var begin = Math.Clamp((int)Math.Floor(from), 0, length - 1);
        var end = Math.Clamp((int)Math.Ceiling(from + step), begin + 1, length);
        var total = 0.0;
        for (var old = begin; old < end; old++)
            total += Covered(old);
        for (var old = begin; old < end; old++)
            shares.Add((float)(Covered(old) / total));
        return begin;

        double Covered(int old) => Math.Max(0, Math.Min(old + 1, from + step) - Math.Max(old, from));
    }

    private static int Between(double middle, int length, List<float> shares)
    {
        middle = Math.Clamp(middle, 0, length - 1);
        var lower = (int)middle;
        var share = (float)(middle - lower);
        shares.Add(1 - share);
        if (share > 0)
            shares.Add(share);
        return lower;
    }
}
