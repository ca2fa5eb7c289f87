using Bdia.Data;

namespace Bdia.Data.Texts;

/// <summary>Leaves out rows that have nothing on one side.</summary>
internal static class Empty
{
    /// <summary>Takes them out and says how many there were.</summary>
    public static List<TextPair> Drop(List<TextPair> rows, string where, Action<string> note)
    {
        var first = rows.FindIndex(IsEmpty);
        if (first < 0) return rows.Count > 0 ? rows : throw new InputException($"{where} hold no rows. Fetch the data again.");
        var count = rows.RemoveAll(IsEmpty);
        if (rows.Count == 0) throw new InputException(
            $"{where}: every one of {count:N0} rows is empty on one side. Use files that hold text in both languages.");
        note($"{where}: {count:N0} row(s) are empty on one side and left out, the first is line {first + 1:N0}.");
        return rows;
    }

    private static bool IsEmpty(TextPair row) => string.IsNullOrWhiteSpace(row.Source) || string.IsNullOrWhiteSpace(row.Target);
}
