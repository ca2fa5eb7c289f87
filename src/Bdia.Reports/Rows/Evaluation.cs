using Bdia.Core.Metrics;
using Bdia.MLNet;

namespace Bdia.Reports.Rows;

/// <summary>A figure, and how people read it.</summary>
/// <param name="Name">What it is called: "Accuracy".</param>
/// <param name="Value">The number.</param>
/// <param name="Shown">The number for people, with what belongs to it: "93.1 % (931 of 1,000 right)".</param>
public sealed record Figure(string Name, double Value, string Shown);

/// <summary>Rows with what a model makes of them, and the figures.</summary>
/// <param name="Figures">The figures, the most important first.</param>
/// <param name="Rows">Rows with predictions; those of a language model are a few that were gone on with.</param>
/// <param name="Classes">Names of the classes in the order of scores; empty where there are none.</param>
public sealed record Evaluation(IReadOnlyList<Figure> Figures, IReadOnlyList<(DataRow Row, Prediction Prediction)> Rows,
    IReadOnlyList<string> Classes)
{
    /// <summary>
    /// Whether a text that was written is to be the one that is expected, as a translation is; else it is one of many. Default false.
    /// </summary>
    public bool ComparesTexts { get; init; }

    /// <summary>Rows that were classified: accuracy with its interval, mean accuracy of classes, log-loss, and top-5 accuracy of more than
    /// five classes. Rows of unknown classes and those that cannot be used are counted and left out.</summary>
    /// <param name="rows">The rows, with <see cref="Prediction.Scores"/>.</param>
    /// <param name="classes">Names of the classes in the order of scores.</param>
    public static Evaluation OfClasses(IReadOnlyList<(DataRow Row, Prediction Prediction)> rows, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(classes);
        return ClassFigures.Of(rows, classes);
    }

    /// <summary>Rows that were translated: BLEU, chrF, and the share that is exactly right.</summary>
    /// <param name="rows">The rows, with what is expected and what was written.</param>
    public static Evaluation OfTranslations(IReadOnlyList<(DataRow Row, Prediction Prediction)> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        string[] written = [.. rows.Select(row => row.Prediction.Text)];
        string[][] expected = [.. rows.Select(row => new[] { row.Row.Expected })];
        var (bleu, chrf) = (Bleu.Corpus(written, expected), Chrf.Corpus(written, expected));
        var exact = rows.Count == 0 ? 0 : rows.Average(row => row.Prediction.Text == row.Row.Expected ? 1.0 : 0);
        return new([new("BLEU", bleu.Score, $"{bleu.Score:f1}"), new("chrF", chrf.Score, $"{chrf.Score:f1}"),
            new("Exactly right", exact, $"{exact:p1} of {rows.Count:N0}")], rows, []) { ComparesTexts = true };
    }

    /// <summary>Texts that were gone on with: perplexity, bits per byte, and the share of tokens that were foreseen.</summary>
    /// <param name="metrics">Figures of the test texts.</param>
    /// <param name="rows">A few beginnings, what the model wrote behind them, and what may be expected.</param>
    public static Evaluation OfWriting(TextGenerationMetrics metrics, IReadOnlyList<(DataRow Row, Prediction Prediction)> rows)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return new([new("Perplexity", metrics.Perplexity, $"{metrics.Perplexity:f2} per token"),
            new("Bits per byte", metrics.BitsPerByte, $"{metrics.BitsPerByte:f3}"),
            new("Tokens foreseen", metrics.Accuracy, $"{metrics.Accuracy:p1} of {metrics.TokenCount:N0}")], rows, []);
    }
}
