using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Texts;

/// <summary>The texts of some rows and what the model makes of them. Rows without text take no part in decoding.</summary>
internal sealed class TextBatch(
    DataViewRow source, ValueGetter<ReadOnlyMemory<char>> getter, TextBatchModel model, BadRows blank,
        BadRows tooLong, BadRows cutOff, int capacity) : RowBatch
{
    private const int NoText = -1;

    private static readonly TextCandidate[] nothing = [new("", 0, true, [])];

    private readonly int bestCount = model.Decoding.BestCount;
    private readonly int longest = model.Writer.MaxTokens(model.Decoding);
    private readonly TextOutput[] outputs = [.. model.Columns.Outputs(model.Decoding.BestCount)];
    private readonly List<string> texts = new(capacity);
    private readonly List<string> rowNames = new(capacity); // rows of the source that the texts stand in
    private readonly int[] places = new int[capacity]; // row of the batch to text, or NoText
    private IReadOnlyList<IReadOnlyList<TextCandidate>> written = [];
    private ReadOnlyMemory<char> value;
    private int rows;

    public override void Add()
    {
        getter(ref value);
        var text = value.ToString();
        var tokens = model.Writer.CountTokens(text);
        if (tokens <= 1 && !model.Writer.WritesFromNothing) // the end token alone
        {
            blank.Handle(source, text.Length == 0 ? "the text is empty" : "the text is nothing but white space and control characters");
            places[rows++] = NoText;
            return;
        }
        if (tokens > longest)
            tooLong.Handle(source, $"the text has {tokens} tokens, but the model reads at most {longest}");
        places[rows++] = texts.Count;
        texts.Add(text);
        rowNames.Add(BadRows.Name(source));
    }

    public override void Score()
    {
        written = texts.Count == 0 ? [] : model.Writer.Write(texts, model.Decoding);
        for (var i = 0; i < written.Count; i++)
        {
            if (!written[i][0].Finished)
                cutOff.Handle(rowNames[i], "the output is as long as it may be, and the model has not ended it");
        }
    }

    public override void Clear()
    {
        texts.Clear();
        rowNames.Clear();
        written = [];
        rows = 0;
    }

    public override Delegate CreateGetter(int output, Func<int> slot) => outputs[output] switch
    {
        TextOutput.PredictedText => (ValueGetter<ReadOnlyMemory<char>>)(
            (ref ReadOnlyMemory<char> text) => text = Of(slot())[0].Text.AsMemory()),
        TextOutput.Score => (ValueGetter<float>)((ref float score) => score = (float)Of(slot())[0].Score),
        TextOutput.Finished => (ValueGetter<bool>)((ref bool finished) => finished = Of(slot())[0].Finished),
        TextOutput.TokenLogProbabilities => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> all) => Copy(
            Of(slot())[0].TokenLogProbabilities, ref all)),
        TextOutput.PredictedTexts => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)(
            (ref VBuffer<ReadOnlyMemory<char>> all) => Copy(Of(slot()), static best => best.Text.AsMemory(), default, ref all)),
        _ => (ValueGetter<VBuffer<float>>)(
            (ref VBuffer<float> all) => Copy(Of(slot()), static best => (float)best.Score, float.NaN, ref all)),
    };

    private IReadOnlyList<TextCandidate> Of(int row) => places[row] == NoText ? nothing : written[places[row]];

    // A search may end with fewer texts than were asked for; the slots behind them are missing values.
    private void Copy<T>(IReadOnlyList<TextCandidate> best, Func<TextCandidate, T> part, T missing, ref VBuffer<T> all)
    {
        var editor = VBufferEditor.Create(ref all, bestCount);
        for (var i = 0; i < bestCount; i++)
            editor.Values[i] = i < best.Count ? part(best[i]) : missing;
        all = editor.Commit();
    }

    private static void Copy(IReadOnlyList<double> values, ref VBuffer<float> all)
    {
        var editor = VBufferEditor.Create(ref all, values.Count);
        for (var i = 0; i < values.Count; i++)
            editor.Values[i] = (float)values[i];
        all = editor.Commit();
    }

    public override void Dispose()
    {
        blank.Dispose();
        tooLong.Dispose();
        cutOff.Dispose();
    }
}
