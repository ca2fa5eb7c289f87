using System.Globalization;

namespace Bdia.Reports.Rows;

/// <summary>Figures of classified rows.</summary>
internal static class ClassFigures
{
    private const double LeastProbability = 1e-15;

    public static Evaluation Of(IReadOnlyList<(DataRow Row, Prediction Prediction)> rows, IReadOnlyList<string> classes)
    {
        var used = rows.Where(row => row.Prediction.Fault is null && classes.Contains(row.Row.Expected)).ToArray();
        var figures = new List<Figure>();
        if (used.Length > 0)
        {
            var right = used.Count(row => row.Prediction.Text == row.Row.Expected);
            var (low, high) = Wilson(right, used.Length);
            figures.Add(new("Accuracy", (double)right / used.Length, string.Create(CultureInfo.InvariantCulture,
                $"{(double)right / used.Length:p1} ({right:N0} of {used.Length:N0} right; 95 % interval {low:p1} to {high:p1})")));
            var perClass = used.GroupBy(row => row.Row.Expected).Select(group =>
                group.Average(row => row.Prediction.Text == row.Row.Expected ? 1.0 : 0)).Average();
            figures.Add(new("Mean accuracy of classes", perClass, $"{perClass:p1}"));
            var loss = used.Average(row => LogLoss(row.Prediction, Index(classes, row.Row.Expected)));
            figures.Add(new("Log-loss", loss, $"{loss:f4}"));
            if (classes.Count > 5)
            {
                var top = used.Average(row => Rank(row.Prediction.Scores!, Index(classes, row.Row.Expected)) < 5 ? 1.0 : 0);
                figures.Add(new("Top-5 accuracy", top, $"{top:p1}"));
            }
        }

        if (rows.Count > used.Length)
            figures.Add(new("Rows left out", rows.Count - used.Length, $"{rows.Count - used.Length:N0} (no class that the model knows, or "
                + "not to be used)"));
        return new(figures, rows, classes);
    }

    /// <summary>The interval in which a share lies with a probability of 95 %, by Wilson's formula, which holds for few rows as
    /// well.</summary>
    /// <param name="right">How many of them.</param>
    /// <param name="count">How many there are, 1 or more.</param>
    public static (double Low, double High) Wilson(int right, int count)
    {
        const double Z = 1.959963984540054;
        var share = (double)right / count;
        var middle = (share + (Z * Z / (2 * count))) / (1 + (Z * Z / count));
        var half = Z / (1 + (Z * Z / count)) * Math.Sqrt((share * (1 - share) / count) + (Z * Z / (4.0 * count * count)));
        return (Math.Max(0, middle - half), Math.Min(1, middle + half));
    }

    public static int Index(IReadOnlyList<string> classes, string name)
    {
        for (var i = 0; i < classes.Count; i++)
            if (classes[i] == name) return i;
        return -1;
    }

    private static double LogLoss(Prediction prediction, int at) => -Math.Log(Math.Max(LeastProbability, prediction.Scores![at]));

    private static int Rank(float[] scores, int at) => scores.Count(score => score > scores[at]);
}
