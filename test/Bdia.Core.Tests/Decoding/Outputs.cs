using Bdia.Core.Decoding;

namespace Bdia.Core.Tests.Decoding;

/// <summary>Compares hypotheses.</summary>
internal static class Outputs
{
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
