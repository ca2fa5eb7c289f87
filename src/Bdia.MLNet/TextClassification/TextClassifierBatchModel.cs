using Bdia.Core.Text;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.TextClassification;

/// <summary>The network, as far as scoring goes.</summary>
internal interface ITextScorer
{
    /// <summary>Tokens of the longest row that is read whole, end tokens included.</summary>
    int MaxTokens { get; }

    /// <summary>Tokens of a row, end tokens included; 0 for one of which normalisation leaves nothing.</summary>
    int CountTokens(string first, string? second);

    /// <summary>
    /// Scores rows to probabilities (rows, classes). Longer rows are cut off. May be called from several threads at once.
    /// </summary>
    void Score(IReadOnlyList<string> first, IReadOnlyList<string>? second, Span<float> probabilities);
}

/// <summary>A text classifier as a model that scores batches of rows.</summary>
internal sealed class TextClassifierBatchModel(IChannelProvider log, ITextScorer scorer, SentenceColumns sentences,
    ClassificationColumns columns) : IBatchModel
{
    public string Trainer => "BdiaTextClassification";

    /// <summary>What becomes of long rows in batches that are made from now on.</summary>
    public LongTextPolicy LongTexts { get; set; }

    public IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source) => sentences.Find(source);

    public IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source) => columns.Columns(source);

    public RowBatch CreateBatch(DataViewRow source, int capacity) => new TextClassifierBatch(
        source, sentences.Reader(source), sentences.Second is not null, scorer,
        new BadRows(log, skip: true, "given NaN scores and no label", "", "had no text"),
        new BadRows(log, LongTexts == LongTextPolicy.Truncate, "read up to that length",
            "Shorten the text, or let the model cut off what is too long: LongTexts = LongTextPolicy.Truncate.",
            "had more tokens than the model reads"),
        columns.Classes, capacity);
}
