using Bdia.Core.ImageClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.ImageClassification;

/// <summary>
/// The rows of a view that can be trained on. What is left out is told in the log on the first pass, and on no other. Of several processes
/// that read a part each, each tells of its own.
/// </summary>
internal sealed class LabelledImageRows(IDataView data, string what, LabelColumn label, ImageColumn image,
    BadImagePolicy badImages, IChannelProvider log) : IPartedImageRows
{
    private readonly List<long> positions = []; // in the view, of the rows that were given on the first pass
    private int passes;
    private bool inParts; // whose numbers are positions

    public IEnumerable<ImageRow> Read() => Pass(null).Select(row => row.Row);

    public IEnumerable<(long Position, ImageRow Row)> Read(Func<long, bool> reads) => Pass(reads);

    private IEnumerable<(long Position, ImageRow Row)> Pass(Func<long, bool>? reads)
    {
        inParts = reads is not null;
        var firstPass = Interlocked.Increment(ref passes) == 1;
        using var cursor = data.OpenSingle([data.Schema[label.Name], image.Find(data.Schema)]);
        var readLabel = label.Reader(cursor);
        var reader = image.Reader(cursor);
        using var badRows = OpenBadRows(firstPass ? log : null);
        var pixels = new float[image.Shape.Size];
        var census = new LabelledRowCensus(what, label);
        var variety = new PixelVariety(image.Shape);
        while (cursor.MoveNextExplained())
        {
            var classIndex = readLabel();
            if (classIndex == LabelColumn.MissingLabel)
                census.WithoutLabel++;
            else if (reads?.Invoke(cursor.Position) == false)
                census.AddUsable(classIndex); // as far as is known here; its image is never asked for, and so not loaded
            else if (reader.Read(pixels) is { } reason)
            {
                badRows.Handle(cursor, reason);
                census.AddBad(cursor.Position, reason);
            }
            else
            {
                census.AddUsable(classIndex);
                if (firstPass)
                {
                    variety.Add(pixels);
                    positions.Add(cursor.Position);
                }
                yield return (cursor.Position, new ImageRow((int)classIndex, pixels));
            }
        }
        if (!firstPass)
            yield break;
        if (census.WithoutLabel > 0)
            Tell($"{census.WithoutLabel} of the rows of the {what} data have no label and were left out.");
        reader.Counts.TellAll(log, what, image);
        if (variety.Warning(what) is { } same)
            Tell(same);
        census.Check();
    }

    public void LeaveOut(IReadOnlyList<(int Number, string Reason)> rows)
    {
        using var badRows = OpenBadRows(log);
        foreach (var (number, reason) in rows)
            badRows.Handle($"Row {(inParts ? number : positions[number])}", reason);
    }

    private BadRows OpenBadRows(IChannelProvider? log) => new(log, badImages == BadImagePolicy.Skip, "left out",
        "Mend or remove the row, or leave such rows out: Options.BadImages = BadImagePolicy.Skip.");

    private void Tell(string text)
    {
        using var channel = log.Start("Rows");
        channel.Warning(MessageSensitivity.None, text);
    }
}
