using Bdia.Core.TextClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.TextClassification;

/// <summary>
/// The rows of a view that have a label, and any text. What is left out is told in the log on the first pass, and on no other.
/// </summary>
internal sealed class LabelledTextRows(IDataView data, string what, LabelColumn label, SentenceColumns sentences, IChannelProvider log)
    : ILabelledTexts
{
    private int passes;

    public IEnumerable<LabelledText> Read()
    {
        var firstPass = Interlocked.Increment(ref passes) == 1;
        using var cursor = data.OpenSingle([data.Schema[label.Name], .. sentences.Find(data.Schema)]);
        var readLabel = label.Reader(cursor);
        var readTexts = sentences.Reader(cursor);
        var census = new LabelledRowCensus(what, label);
        using var blank = new BadRows(firstPass ? log : null, skip: true, "left out", "", "had no text");
        while (cursor.MoveNextExplained())
        {
            var classIndex = readLabel();
            if (classIndex == LabelColumn.MissingLabel)
            {
                census.WithoutLabel++;
                continue;
            }
            var (first, second) = readTexts();
            if (string.IsNullOrWhiteSpace(first) && string.IsNullOrWhiteSpace(second))
            {
                const string reason = "there is no text";
                blank.Handle(cursor, reason);
                census.AddBad(cursor.Position, reason);
                continue;
            }
            census.AddUsable(classIndex);
            yield return new LabelledText(first, second, (int)classIndex);
        }
        if (!firstPass)
            yield break;
        if (census.WithoutLabel > 0)
        {
            using var channel = log.Start("Rows");
            channel.Warning(MessageSensitivity.None,
                $"{census.WithoutLabel} of the rows of the {what} data have no label and were left out.");
        }
        census.Check();
    }
}
