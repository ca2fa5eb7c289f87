using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Texts;

/// <summary>
/// A writer of texts as a model that scores batches of rows. It never changes, so that a view keeps the columns that it was made with.
/// </summary>
/// <param name="Task">What users know the writer's task by, which names its trainer and its columns.</param>
internal sealed record TextBatchModel(string Task, IChannelProvider Log, ITextWriter Writer, TextColumns Columns,
    DecodingOptions Decoding, LongTextPolicy LongTexts) : IBatchModel
{
    public string Trainer => $"{Task}.Trainers.Bdia";

    /// <summary>What is done with a text that is too long, to follow "is".</summary>
    public string Fate { get; init; } = "read up to that length";

    public IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source) => [Columns.Find(source)];

    public IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source)
        => Columns.Columns(source, Task, Decoding.BestCount, Writer.TargetTokenizer);

    public RowBatch CreateBatch(DataViewRow source, int capacity) => new TextBatch(
        source, source.GetGetter<ReadOnlyMemory<char>>(Columns.Find(source.Schema)), this,
        new BadRows(Log, skip: true, "given an empty prediction with score 0", "", "had no text"),
        new BadRows(Log, LongTexts == LongTextPolicy.Truncate, Fate,
            "Shorten the text, or let the model cut off what is too long: LongTexts = LongTextPolicy.Truncate.",
            "had more tokens than the model reads"),
        new BadRows(Log, skip: true, "given what was written up to there", "",
            "had outputs that were cut off (Decoding.MaxLengthConstant makes room for longer ones)"),
        capacity);
}
