using System.Globalization;

namespace Bdia.Data.Tables;

/// <summary>A row of a table.</summary>
/// <param name="Number">Which it is, 1 for the first row of data.</param>
/// <param name="Values">A value for each column, null where there is none.</param>
/// <param name="Fault">Why the row is not as the others are, to follow its name; null where nothing is wrong with it.</param>
public sealed record TableRow(long Number, IReadOnlyList<object?> Values, string? Fault = null)
{
    /// <summary>A value as text: numbers as they are written everywhere, nothing as "".</summary>
    /// <param name="column">The column's index.</param>
    /// <returns>The text.</returns>
    public string Text(int column) => Values[column] switch
    {
        null => "",
        string text => text,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString() ?? "",
    };
}
