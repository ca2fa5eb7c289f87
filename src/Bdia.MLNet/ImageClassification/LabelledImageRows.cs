using Bdia.Core.ImageClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The rows of a view that can be trained on. What is left out is told in the log on the first pass, and on no other.</summary>
internal sealed class LabelledImageRows(IDataView data, string what, LabelColumn label, ImageColumn image, BadImagePolicy badImages, IChannelProvider log) : IImageRows
{
    private int passes;

    public IEnumerable<ImageRow> Read()
    {
        var firstPass = Interlocked.Increment(ref passes) == 1;
        var imageColumn = image.Find(data.Schema);
        using var cursor = data.GetRowCursor([data.Schema[label.Name], imageColumn]);
        var readLabel = label.Reader(cursor);
        var reader = ImageReader.Create(cursor, imageColumn, image.Shape, image.Layout);
        using var badRows = new BadRows(firstPass ? log : null, badImages == BadImagePolicy.Skip, "left out",
            "Mend or remove the row, or leave such rows out: Options.BadImages = BadImagePolicy.Skip.");
        var pixels = new float[image.Shape.Size];
        var census = new LabelledRowCensus(what, label);
        while (cursor.MoveNext())
        {
            var classIndex = readLabel();
            if (classIndex == LabelColumn.MissingLabel)
                census.WithoutLabel++;
            else if (reader.Read(pixels) is { } reason)
            {
                badRows.Handle(cursor.Position, reason);
                census.AddBad(cursor.Position, reason);
            }
            else
            {
                census.AddUsable(classIndex);
                yield return new ImageRow((int)classIndex, pixels);
            }
        }
        if (!firstPass)
            yield break;
        if (census.WithoutLabel > 0)
            Tell($"{census.WithoutLabel} of the rows of the {what} data have no label and were left out.");
        census.Check();
    }

    private void Tell(string text)
    {
        using var channel = log.Start("Rows");
        channel.Warning(MessageSensitivity.None, text);
    }
}
