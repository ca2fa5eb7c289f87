using Microsoft.ML;

namespace Bdia.MLNet.Scoring;

/// <summary>The checks that ML.NET makes when a getter is asked for, in its words.</summary>
internal static class Getters
{
    public static ValueGetter<T> As<T>(Delegate getter, DataViewSchema.Column column) => getter as ValueGetter<T>
        ?? throw new InvalidOperationException(
            $"Invalid TValue in GetGetter for column '{column.Name}': '{typeof(T)}', expected type: "
            + $"'{getter.GetType().GetGenericArguments()[0]}'.");

    public static void CheckActive(bool[] active, DataViewSchema.Column column)
    {
        if (column.Index >= active.Length)
            throw new ArgumentOutOfRangeException(nameof(column),
                $"Column '{column.Name}' has index {column.Index}, but this view has {active.Length} columns.");
        if (!active[column.Index])
            throw new ArgumentOutOfRangeException(nameof(column),
                $"Requested column '{column.Name}' is not active; name it when the cursor is opened.");
    }
}
