using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.TextClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// A trained text classifier as an ML.NET transformer. It adds two columns, PredictedLabel and Score, and scores a batch of rows together.
/// Threads may share it.
/// </summary>
/// <remarks>
/// A row's scores depend on the rows beside it in a batch by float rounding alone: probabilities differ by less than 1e-4.
/// </remarks>
public sealed class BdiaTextClassificationTransformer
    : BdiaTransformer, ISingleFeaturePredictionTransformer<TextClassifier>, ISingleFeaturePredictionTransformer
{
    private readonly TextClassifierScorer scorer;
    private readonly TextClassifierBatchModel batchModel;

    internal BdiaTextClassificationTransformer(
        IChannelProvider log, TextClassifier classifier, SentenceColumns sentences, ClassificationColumns columns,
        LongTextPolicy longTexts, int scoringBatchSize)
        : base(scoringBatchSize)
    {
        (Sentences, Columns) = (sentences, columns);
        scorer = new TextClassifierScorer(classifier);
        batchModel = new TextClassifierBatchModel(log, scorer, sentences, columns) { LongTexts = longTexts };
    }

    /// <summary>
    /// The network with its tokenizer, and, unless it was loaded, the history of its training. Disposed with this transformer.
    /// </summary>
    public TextClassifier Model => scorer.Classifier;

    /// <summary>Name of the column that holds the texts, or the first of each pair.</summary>
    public string Sentence1ColumnName => Sentences.First;

    /// <summary>Name of the column that holds the second texts; null where rows are single texts.</summary>
    public string? Sentence2ColumnName => Sentences.Second;

    /// <summary>
    /// What becomes of rows with more tokens than the model reads. It holds for cursors and prediction engines that are made after it is
    /// set.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public LongTextPolicy LongTexts
    {
        get => batchModel.LongTexts;
        set => batchModel.LongTexts = Enum.IsDefined(value) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "LongTexts must be Truncate or Throw.");
    }

    /// <summary>
    /// Writes the network as <c>classifier.onnx</c>, ids in and probabilities out, and beside it <c>classifier.json</c>: ids, tokenizer,
    /// bounds, class names and <see cref="LongTexts"/>, which is all that another program needs to classify texts with ONNX Runtime.
    /// </summary>
    /// <remarks>Probabilities equal the model's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the tokenizer is of a class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or the file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null)
        => scorer.SaveOnnx(folder, options, Columns.Labels?.Texts, LongTexts);

    /// <summary>Writes the two to streams, which stay open.</summary>
    /// <param name="network">For classifier.onnx.</param>
    /// <param name="description">For classifier.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions)"/>
    public void SaveOnnx(Stream network, Stream description, OnnxOptions? options = null)
        => scorer.SaveOnnx(network, description, options, Columns.Labels?.Texts, LongTexts);

    // PermutationFeatureImportance asks for the name of a column of numbers, by either interface; ML.NET keeps the second internal.
    string ISingleFeaturePredictionTransformer<TextClassifier>.FeatureColumnName => throw NothingToPermute();

    string ISingleFeaturePredictionTransformer.FeatureColumnName => throw NothingToPermute();

    DataViewType ISingleFeaturePredictionTransformer<TextClassifier>.FeatureColumnType => TextDataViewType.Instance;

    internal SentenceColumns Sentences { get; }

    internal ClassificationColumns Columns { get; }

    private protected override IBatchModel BatchModel => batchModel;

    private protected override void Save(ModelArchiveWriter archive) => TextClassificationFormat.Save(this, archive);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            scorer.Dispose();
    }

    private NotSupportedException NothingToPermute() => new(
        $"PermutationFeatureImportance permutes numbers, and this model reads texts in column '{Sentences.First}'. To see what a word "
        + "does, score the text with and without it.");
}
