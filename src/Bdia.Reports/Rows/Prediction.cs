namespace Bdia.Reports.Rows;

/// <summary>What a model makes of a row.</summary>
/// <param name="Text">The class, or the text that is written; "" where there is a fault.</param>
/// <param name="Score">The probability of the class, or the log-probability of the text, normalised by its length; NaN with a
/// fault.</param>
/// <param name="Scores">Of classes, the probability of each; null otherwise.</param>
/// <param name="Fault">Why the row cannot be used; null where it can.</param>
public sealed record Prediction(string Text, float Score, float[]? Scores = null, string? Fault = null)
{
    /// <summary>A row that cannot be used.</summary>
    /// <param name="fault">Why.</param>
    public static Prediction Bad(string fault) => new("", float.NaN, null, fault);
}
