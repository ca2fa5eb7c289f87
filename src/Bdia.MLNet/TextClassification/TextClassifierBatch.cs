using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;

namespace Bdia.MLNet.TextClassification;

/// <summary>The texts of some rows and their class probabilities. Rows without text take no part in the forward pass.</summary>
internal sealed class TextClassifierBatch(
    DataViewRow source, Func<(string First, string? Second)> read, bool pairs, ITextScorer scorer, BadRows blank, BadRows tooLong,
    int classes, int capacity) : RowBatch
{
    private const int NoText = -1;

    private readonly List<string> first = new(capacity);
    private readonly List<string>? second = pairs ? new(capacity) : null;
    private readonly float[] probabilities = new float[capacity * classes];
    private readonly int[] places = new int[capacity]; // row of the batch to text, or NoText
    private int rows;

    public override void Add()
    {
        var (text, other) = read();
        var tokens = scorer.CountTokens(text, other);
        if (tokens == 0)
        {
            blank.Handle(source, "there is no text, or nothing but white space and control characters");
            places[rows++] = NoText;
            return;
        }
        if (tokens > scorer.MaxTokens)
            tooLong.Handle(source, $"the text has {tokens} tokens, but the model reads at most {scorer.MaxTokens}");
        places[rows++] = first.Count;
        first.Add(text);
        second?.Add(other!);
    }

    public override void Score()
    {
        if (first.Count > 0)
            scorer.Score(first, second, probabilities.AsSpan(0, first.Count * classes));
    }

    public override void Clear()
    {
        first.Clear();
        second?.Clear();
        rows = 0;
    }

    public override Delegate CreateGetter(int output, Func<int> slot) => ClassificationOutputs.Getter(output, classes, Scores, slot);

    private ReadOnlySpan<float> Scores(int row) => places[row] == NoText ? [] : probabilities.AsSpan(places[row] * classes, classes);

    public override void Dispose()
    {
        blank.Dispose();
        tooLong.Dispose();
    }
}
