using Bdia.Core.Metrics;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Texts;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>Reads predictions and references from a view and compares them.</summary>
internal static class TextEvaluation
{
    /// <param name="warn">Told what a user should know, in sentences.</param>
    public static SequenceToSequenceMetrics Run(
        IDataView data, IReadOnlyList<string> targetColumns, string predictedTextColumn,
            SequenceToSequenceEvaluationOptions options, Action<string> warn)
    {
        options.Validate();
        TextColumn.Requirement("predicted text", predictedTextColumn).Check(data.Schema);
        var predictedColumn = data.Schema[predictedTextColumn];
        var references = References(data.Schema, targetColumns);
        var normalize = options.ReferenceNormalization is { } given ? given.Apply : TargetNormalizer.Of(predictedColumn) ?? (text => text);

        using var cursor = data.GetRowCursor(references.Append(predictedColumn));
        var readPrediction = cursor.GetGetter<ReadOnlyMemory<char>>(predictedColumn);
        var readReferences = references.Select(column => Reader(cursor, column)).ToArray();
        var (bleu, chrf) = (new BleuStatistics(options.Bleu), new ChrfStatistics(options.Chrf));
        var (exact, without) = (0L, 0L);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            readPrediction(ref text);
            var prediction = text.ToString();
            var texts = new List<string>(readReferences.Length);
            foreach (var read in readReferences)
                read(texts);
            texts = [.. texts.Where(IsGiven).Select(normalize).Where(IsGiven)];
            if (texts.Count == 0)
            {
                without++;
                continue;
            }
            bleu.Add(prediction, texts);
            chrf.Add(prediction, texts);
            if (texts.Exists(reference => prediction.AsSpan().Trim().SequenceEqual(reference.AsSpan().Trim())))
                exact++;
        }
        if (bleu.Rows == 0)
            throw new InvalidDataException("There is nothing to evaluate: "
                + (without == 0 ? "the data has no rows." : $"none of the {without} rows has a reference."));
        if (without > 0)
            warn($"{without} of {without + bleu.Rows} rows have no reference, and are left out of the evaluation.");
        return new SequenceToSequenceMetrics(bleu.Score(), chrf.Score(), (double)exact / bleu.Rows, bleu.Rows, without);
    }

    /// <summary>
    /// What rows lack to be evaluated once they are scored, as the end of a sentence that begins with what they are; null where they lack
    /// nothing.
    /// </summary>
    public static string? Lack(IDataView data, IReadOnlyList<string> targetColumns)
    {
        if (targetColumns.Any(name => data.Schema.GetColumnOrNull(name) is null)) // the pipeline makes it
            return HasRows(data) ? null : "has no rows";
        var references = References(data.Schema, targetColumns);
        using var cursor = data.GetRowCursor(references);
        var readers = references.Select(column => Reader(cursor, column)).ToArray();
        var rows = 0L;
        var texts = new List<string>();
        while (cursor.MoveNext())
        {
            rows++;
            foreach (var read in readers)
                read(texts);
            if (texts.Exists(IsGiven))
                return null;
            texts.Clear();
        }
        return rows == 0 ? "has no rows" : $"has {rows} rows, and none of them a reference";
    }

    private static bool HasRows(IDataView data)
    {
        using var cursor = data.GetRowCursor([]);
        return cursor.MoveNext();
    }

    // An empty cell is a reference that is not there, not one that is empty: an empty prediction would match it whatever the others say.
    private static bool IsGiven(string reference) => !string.IsNullOrWhiteSpace(reference);

    private static DataViewSchema.Column[] References(DataViewSchema schema, IReadOnlyList<string> targetColumns)
    {
        if (targetColumns.Count == 0)
            throw new ArgumentException("No column with references is named; name one or more.", nameof(targetColumns));
        foreach (var name in targetColumns)
            Reference(name).Check(schema);
        return [.. targetColumns.Select(name => schema[name])];
    }

    private static ColumnRequirement Reference(string name) => new("target", name, "String or Vector<String>",
        column => column.ItemType is TextDataViewType, "A reference is a text, or a vector of texts where a row has several.");

    private static Action<List<string>> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType)
        {
            var read = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return texts =>
            {
                read(ref text);
                texts.Add(text.ToString());
            };
        }
        var readAll = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column);
        VBuffer<ReadOnlyMemory<char>> all = default;
        return texts =>
        {
            readAll(ref all);
            texts.AddRange(all.DenseValues().Select(reference => reference.ToString()));
        };
    }
}
