using System.Globalization;
using Bdia.Core.Reversible;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The images of some rows and their class probabilities. Rows without a usable image take no part in the forward pass.</summary>
internal sealed class ImageRowBatch(
    DataViewRow source, ImageReader reader, IImageScorer scorer, IChannelProvider log, ImageColumn image,
        BadRows badRows, int classes, int capacity) : RowBatch
{
    private const int NoImage = -1;

    private readonly int imageSize = image.Shape.Size;
    private readonly float[] images = new float[capacity * image.Shape.Size];
    private readonly float[] probabilities = new float[capacity * classes];
    private readonly int[] places = new int[capacity]; // row of the batch to image, or NoImage
    private readonly string[] names = new string[capacity]; // image to the name of its row
    private readonly string?[] faults = new string?[capacity]; // image to the reason why it cannot be scored
    private int rows;
    private int usable;

    public override void Add()
    {
        var reason = reader.Read(images.AsSpan(usable * imageSize, imageSize));
        if (reason is not null)
            badRows.Handle(source, reason);
        else
            (names[usable], faults[usable]) = (BadRows.Name(source), null);
        places[rows++] = reason is null ? usable++ : NoImage;
    }

    public override void Score()
    {
        Score(0, usable);
        for (var i = 0; i < usable; i++)
        {
            if (!float.IsFinite(probabilities[i * classes]))
                faults[i] ??= TooFar(i);
            if (badRows.Skip && faults[i] is { } reason)
                badRows.Handle(names[i], reason);
        }
    }

    // An image far beyond those of the training data takes the network's states out of the range in which they are exact, and with it all
    // images of the pass. Halving finds it, and the others get their scores.
    private void Score(int first, int count)
    {
        if (count == 0)
            return;
        try
        {
            scorer.Score(images.AsSpan(first * imageSize, count * imageSize), count,
                probabilities.AsSpan(first * classes, count * classes));
        }
        catch (ReversibilityException) when (count == 1)
        {
            faults[first] = TooFar(first);
        }
        catch (ReversibilityException)
        {
            Score(first, count / 2);
            Score(first + count / 2, count - count / 2);
        }
    }

    private string TooFar(int i)
    {
        var pixels = images.AsSpan(i * imageSize, imageSize);
        var at = 0;
        for (var p = 1; p < pixels.Length; p++)
        {
            if (Math.Abs(pixels[p]) > Math.Abs(pixels[at]))
                at = p;
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"pixel value {at} of the image is {pixels[at]}, too far from what the model was trained on to be scored");
    }

    public override void Clear() => (rows, usable) = (0, 0);

    public override Delegate CreateGetter(int output, Func<int> slot) => ClassificationOutputs.Getter(output, classes, Scores, slot);

    // Where bad rows are not skipped, an image that cannot be scored is an error for those who read its row, and for them alone.
    private bool IsScored(int row)
    {
        if (places[row] == NoImage)
            return false;
        if (!badRows.Skip && faults[places[row]] is { } reason)
            badRows.Handle(names[places[row]], reason);
        return faults[places[row]] is null;
    }

    private ReadOnlySpan<float> Scores(int row) => IsScored(row) ? probabilities.AsSpan(places[row] * classes, classes) : [];

    public override void Dispose()
    {
        badRows.Dispose();
        reader.Counts.TellTransparent(log, "scored", image);
    }
}
