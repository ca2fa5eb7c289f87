using Bdia.Core.SequenceToSequence;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The texts of some rows and what the model makes of them. Rows without text take no part in decoding.</summary>
internal sealed class TextBatch(
    DataViewRow source, ValueGetter<ReadOnlyMemory<char>> getter, TextBatchModel model, BadRows blank,
        BadRows tooLong, BadRows cutOff, int capacity) : RowBatch
{
    private const int NoText = -1;

    private static readonly Translation[] nothing = [new("", 0, true)];

    private readonly int bestCount = model.Decoding.BestCount;
    private readonly TextOutput[] outputs = [.. model.Columns.Outputs(model.Decoding.BestCount)];
    private readonly List<string> texts = new(capacity);
    private readonly List<string> rowNames = new(capacity); // rows of the source that the texts stand in
    private readonly int[] places = new int[capacity]; // row of the batch to text, or NoText
    private IReadOnlyList<IReadOnlyList<Translation>> translations = [];
    private ReadOnlyMemory<char> value;
    private int rows;

    public override void Add()
    {
        getter(ref value);
        var text = value.ToString();
        var tokens = model.Translator.CountTokens(text);
        if (tokens <= 1) // the end token alone
        {
            blank.Handle(source, text.Length == 0 ? "the text is empty" : "the text is nothing but white space and control characters");
            places[rows++] = NoText;
            return;
        }
        if (tokens > model.Translator.MaxTokens)
            tooLong.Handle(source, $"the text has {tokens} tokens, but the model reads at most {model.Translator.MaxTokens}");
        places[rows++] = texts.Count;
        texts.Add(text);
        rowNames.Add(BadRows.Name(source));
    }

    public override void Score()
    {
        translations = texts.Count == 0 ? [] : model.Translator.Translate(texts, model.Decoding);
        for (var i = 0; i < translations.Count; i++)
        {
            if (!translations[i][0].Finished)
                cutOff.Handle(rowNames[i], "the output is as long as it may be, and the model has not ended it");
        }
    }

    public override void Clear()
    {
        texts.Clear();
        rowNames.Clear();
        translations = [];
        rows = 0;
    }

    public override Delegate CreateGetter(int output, Func<int> slot) => outputs[output] switch
    {
        TextOutput.PredictedText => (ValueGetter<ReadOnlyMemory<char>>)(
            (ref ReadOnlyMemory<char> text) => text = Of(slot())[0].Text.AsMemory()),
        TextOutput.Score => (ValueGetter<float>)((ref float score) => score = (float)Of(slot())[0].Score),
        TextOutput.Finished => (ValueGetter<bool>)((ref bool finished) => finished = Of(slot())[0].Finished),
        TextOutput.PredictedTexts => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)(
            (ref VBuffer<ReadOnlyMemory<char>> all) => Copy(Of(slot()), static best => best.Text.AsMemory(), default, ref all)),
        _ => (ValueGetter<VBuffer<float>>)(
            (ref VBuffer<float> all) => Copy(Of(slot()), static best => (float)best.Score, float.NaN, ref all)),
    };

    private IReadOnlyList<Translation> Of(int row) => places[row] == NoText ? nothing : translations[places[row]];

    // A search may end with fewer texts than were asked for; the slots behind them are missing values.
    private void Copy<T>(IReadOnlyList<Translation> best, Func<Translation, T> part, T missing, ref VBuffer<T> all)
    {
        var editor = VBufferEditor.Create(ref all, bestCount);
        for (var i = 0; i < bestCount; i++)
            editor.Values[i] = i < best.Count ? part(best[i]) : missing;
        all = editor.Commit();
    }

    public override void Dispose()
    {
        blank.Dispose();
        tooLong.Dispose();
        cutOff.Dispose();
    }
}
