using Bdia.Core.Metrics;
using Bdia.MLNet.Columns;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>Reads predictions and references from a view and compares them.</summary>
internal static class TextEvaluation
{
    public static SequenceToSequenceMetrics Run(IDataView data, IReadOnlyList<string> targetColumns, string predictedTextColumn)
    {
        if (targetColumns.Count == 0)
            throw new ArgumentException("No column with references is named; name one or more.", nameof(targetColumns));
        TextColumns.Requirement("predicted text", predictedTextColumn).Check(data.Schema);
        foreach (var name in targetColumns)
            Reference(name).Check(data.Schema);

        var predictedColumn = data.Schema[predictedTextColumn];
        var references = targetColumns.Select(name => data.Schema[name]).ToArray();
        using var cursor = data.GetRowCursor(references.Append(predictedColumn));
        var readPrediction = cursor.GetGetter<ReadOnlyMemory<char>>(predictedColumn);
        var readReferences = references.Select(column => Reader(cursor, column)).ToArray();
        var (bleu, chrf, exact) = (new BleuStatistics(), new ChrfStatistics(), 0L);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            readPrediction(ref text);
            var prediction = text.ToString();
            var texts = new List<string>(readReferences.Length);
            foreach (var read in readReferences)
                read(texts);
            if (texts.Count == 0)
                throw new InvalidDataException($"Row {cursor.Position} has no reference; give every row one or more, or leave the row out.");
            bleu.Add(prediction, texts);
            chrf.Add(prediction, texts);
            if (texts.Exists(reference => prediction.AsSpan().Trim().SequenceEqual(reference.AsSpan().Trim())))
                exact++;
        }
        return bleu.Rows > 0 ? new SequenceToSequenceMetrics(bleu.Score(), chrf.Score(), (double)exact / bleu.Rows, bleu.Rows)
            : throw new InvalidDataException("There is nothing to evaluate: the data has no rows.");
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
