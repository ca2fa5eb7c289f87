using Bdia.Core.Decoding;

namespace Bdia.Core.Tests.Decoding;

/// <summary>Compares hypotheses.</summary>
internal static class Outputs
{
    /// <summary>
    /// The same log-probability, of so many tokens, in two ways that round differently. What a token adds is the difference of two running
    /// sums, so that a token takes an addition and a difference at most. None is above 0, so that no result on the way is larger than
    /// that of the whole output, and each is rounded by at most 2^-53 of it.
    /// </summary>
    public static void AssertSame(double expected, double actual, int tokens, double whole)
        => Assert.InRange(Math.Abs(actual - expected), 0, 2 * tokens * Math.ScaleB(Math.Abs(whole), -53));

    public static string Text(Hypothesis hypothesis) => string.Join(' ', hypothesis.Ids) + (hypothesis.Finished ? "." : "...");

    /// <summary>Same outputs in the same order, with scores that differ by no more than <paramref name="tolerance"/>.</summary>
    public static void AssertSame(IReadOnlyList<Hypothesis> expected, IReadOnlyList<Hypothesis> actual, double tolerance = 0)
    {
        Assert.Equal(expected.Select(Text), actual.Select(Text));
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.InRange(a.LogProbability, e.LogProbability - tolerance, e.LogProbability + tolerance);
            Assert.InRange(a.Score, e.Score - tolerance, e.Score + tolerance);
        }
    }
}
