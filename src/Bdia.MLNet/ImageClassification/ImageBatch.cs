using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The images of some rows and their class probabilities. Rows without a usable image take no part in the forward pass.</summary>
internal sealed class ImageBatch(DataViewRow source, ImageReader reader, IImageScorer scorer, BadRows badRows, int imageSize, int classes, int capacity) : RowBatch
{
    private const int NoImage = -1;

    private readonly float[] images = new float[capacity * imageSize];
    private readonly float[] probabilities = new float[capacity * classes];
    private readonly int[] places = new int[capacity]; // row of the batch to image, or NoImage
    private int rows;
    private int usable;

    public override void Add()
    {
        var reason = reader.Read(images.AsSpan(usable * imageSize, imageSize));
        if (reason is not null)
            badRows.Handle(source.Position, reason);
        places[rows++] = reason is null ? usable++ : NoImage;
    }

    public override void Score()
    {
        if (usable > 0)
            scorer.Score(images.AsSpan(0, usable * imageSize), usable, probabilities.AsSpan(0, usable * classes));
    }

    public override void Clear() => (rows, usable) = (0, 0);

    public override Delegate CreateGetter(int output, Func<int> slot) => output switch
    {
        ClassificationColumns.PredictedLabelIndex => (ValueGetter<uint>)((ref uint label) => label = PredictedLabel(slot())),
        ClassificationColumns.ScoreIndex => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> scores) => CopyScores(slot(), ref scores)),
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "An image classifier adds two columns."),
    };

    private ReadOnlySpan<float> Scores(int row) => probabilities.AsSpan(places[row] * classes, classes);

    // Keys count from 1; 0 is ML.NET's missing key.
    private uint PredictedLabel(int row)
    {
        if (places[row] == NoImage)
            return 0;
        var scores = Scores(row);
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }
        return (uint)best + 1;
    }

    private void CopyScores(int row, ref VBuffer<float> scores)
    {
        var editor = VBufferEditor.Create(ref scores, classes);
        if (places[row] == NoImage)
            editor.Values.Fill(float.NaN);
        else
            Scores(row).CopyTo(editor.Values);
        scores = editor.Commit();
    }

    public override void Dispose() => badRows.Dispose();
}
