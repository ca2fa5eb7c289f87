using Bdia.Core.Decoding;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The network, as far as scoring goes.</summary>
internal interface ITextTranslator
{
    /// <summary>Tokenizer of what is written.</summary>
    ITextTokenizer TargetTokenizer { get; }

    /// <summary>Tokens of the longest text that is read whole, end token included.</summary>
    int MaxTokens { get; }

    /// <summary>Tokens of a text, end token included: 1 for a text of which normalisation leaves nothing.</summary>
    int CountTokens(string text);

    /// <summary>
    /// Writes, for each text, the best texts, best first. Longer texts are cut off at their end. May be called from several threads at
    /// once.
    /// </summary>
    IReadOnlyList<IReadOnlyList<Translation>> Translate(IReadOnlyList<string> texts, DecodingOptions decoding);
}

/// <summary>
/// A translator as a model that scores batches of rows. It never changes, so that a view keeps the columns that it was made with.
/// </summary>
internal sealed record TextBatchModel(IChannelProvider Log, ITextTranslator Translator, TextColumns Columns,
    DecodingOptions Decoding, LongTextPolicy LongTexts) : IBatchModel
{
    public string Trainer => "SequenceToSequence.Trainers.Bdia";

    public IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source) => [Columns.Find(source)];

    public IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source)
        => Columns.Columns(source, Decoding.BestCount, Translator.TargetTokenizer);

    public RowBatch CreateBatch(DataViewRow source, int capacity) => new TextBatch(
        source, source.GetGetter<ReadOnlyMemory<char>>(Columns.Find(source.Schema)), this,
        new BadRows(Log, skip: true, "given an empty prediction with score 0", "", "had no text"),
        new BadRows(Log, LongTexts == LongTextPolicy.Truncate, "read up to that length",
            "Shorten the text, or let the model cut off what is too long: LongTexts = LongTextPolicy.Truncate.",
            "had more tokens than the model reads"),
        new BadRows(Log, skip: true, "given what was written up to there", "",
            "had outputs that were cut off (Decoding.MaxLengthConstant makes room for longer ones)"),
        capacity);
}
