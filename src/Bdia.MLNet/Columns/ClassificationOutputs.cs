using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

/// <summary>The probabilities of a row as the two columns of <see cref="ClassificationColumns"/>.</summary>
internal static class ClassificationOutputs
{
    /// <summary>The probabilities of a row of a batch; none where it could not be scored.</summary>
    public delegate ReadOnlySpan<float> ScoresOf(int row);

    /// <summary>A getter for one of the columns.</summary>
    /// <param name="output">Which: an index of <see cref="ClassificationColumns"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="scores">The probabilities of a row.</param>
    /// <param name="row">Which row is asked for.</param>
    public static Delegate Getter(int output, int classes, ScoresOf scores, Func<int> row) => output switch
    {
        ClassificationColumns.PredictedLabelIndex => (ValueGetter<uint>)((ref uint label) => label = PredictedLabel(scores(row()))),
        ClassificationColumns.ScoreIndex => (ValueGetter<VBuffer<float>>)(
            (ref VBuffer<float> all) => Copy(scores(row()), classes, ref all)),
        _ => throw new ArgumentOutOfRangeException(nameof(output), output, "A classifier adds two columns."),
    };

    // Keys count from 1; 0 is ML.NET's missing key.
    private static uint PredictedLabel(ReadOnlySpan<float> scores)
    {
        if (scores.IsEmpty)
            return 0;
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            if (scores[i] > scores[best])
                best = i;
        }
        return (uint)best + 1;
    }

    private static void Copy(ReadOnlySpan<float> scores, int classes, ref VBuffer<float> all)
    {
        var editor = VBufferEditor.Create(ref all, classes);
        if (scores.IsEmpty)
            editor.Values.Fill(float.NaN);
        else
            scores.CopyTo(editor.Values);
        all = editor.Commit();
    }
}
