using Bdia.Core.ImageClassification;
using Bdia.Core.Onnx;
using Bdia.Core.Reversible;
using Bdia.MLNet.Columns;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// A trained image classifier as an ML.NET transformer. It adds two columns, PredictedLabel and Score, and scores a batch of rows in one
/// forward pass. Threads may share it.
/// </summary>
/// <remarks>
/// A row's scores depend on the rows beside it in a batch by float rounding alone: probabilities differ by less than 1e-5.
/// </remarks>
public sealed class BdiaImageClassificationTransformer
    : BdiaTransformer, ISingleFeaturePredictionTransformer<ImageClassifier>, ISingleFeaturePredictionTransformer
{
    private readonly ClassifierScorer scorer;
    private readonly ImageBatchModel batchModel;
    private readonly ImageColumn image;

    internal BdiaImageClassificationTransformer(
        IChannelProvider log, ImageClassifier classifier, ImageColumn image, ClassificationColumns columns,
            BadImagePolicy badImages, int scoringBatchSize)
        : base(scoringBatchSize)
    {
        this.image = image;
        Columns = columns;
        scorer = new ClassifierScorer(classifier);
        batchModel = new ImageBatchModel(log, scorer, image, columns) { BadImages = badImages };
    }

    /// <summary>
    /// The network with its normalisation, and, unless it was loaded, the history of its training. Disposed with this transformer.
    /// </summary>
    public ImageClassifier Model => scorer.Classifier;

    /// <summary>Name of the column that holds the images.</summary>
    public string FeatureColumnName => image.Name;

    /// <summary>Type of that column: as in training, with the size of the images.</summary>
    public DataViewType FeatureColumnType => image.Type;

    /// <summary>
    /// What becomes of images that cannot be used. It holds for cursors and prediction engines that are made after it is set.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public BadImagePolicy BadImages
    {
        get => batchModel.BadImages;
        set => batchModel.BadImages = Enum.IsDefined(value) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "BadImages must be Throw or Skip.");
    }

    /// <summary>
    /// Several passes of the network in place of one, whose probabilities are averaged; null, the default, is the standard network. Saved
    /// with the model. It holds for batches that are scored after it is set.
    /// </summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public GammaEnsemble? Ensemble
    {
        get => Model.Ensemble;
        set => Model.Ensemble = value;
    }

    /// <summary>
    /// Writes the network as an ONNX file, for ONNX Runtime and other programs: input <c>image</c> (batch, channels, height, width), of
    /// pictures their pixels from 0 to 255, of vectors what training had, planar in either case; outputs <c>probabilities</c> and
    /// <c>logits</c>, (batch, classes). Normalisation is part of the file. Metadata has the names of the <c>classes</c> (JSON, as texts,
    /// in the order of the probabilities), and of pictures what is to be done to those of other sizes (<c>resizing</c>,
    /// <c>background</c>): decoding and resizing are left to who uses the file.
    /// </summary>
    /// <remarks>Scores equal the model's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="stream">Where to, from its position on; it stays open.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, <see cref="Ensemble"/> is set, or the file
    /// would have more than 2 GB; nothing was written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveOnnx(Stream stream, OnnxOptions? options = null) => scorer.SaveOnnx(stream, Described(options), Columns.Labels?.Texts);

    /// <inheritdoc cref="SaveOnnx(Stream, OnnxOptions)"/>
    /// <param name="path">The file; an earlier one of that name is replaced, once the new one is whole.</param>
    public void SaveOnnx(string path, OnnxOptions? options = null) => scorer.SaveOnnx(path, Described(options), Columns.Labels?.Texts);

    private OnnxOptions Described(OnnxOptions? options)
    {
        options ??= new();
        options.Validate();
        if (image.Fit is not { } fit) return options;
        var metadata = new Dictionary<string, string> { ["resizing"] = fit.Resizing.ToString(), ["background"] = fit.Ground.ToString() };
        foreach (var (name, text) in options.Metadata)
        {
            if (!metadata.TryAdd(name, text))
                throw new ArgumentException($"Metadata has '{name}', which is written of itself; use another name. Nothing was written.");
        }
        return options with { Metadata = metadata };
    }

    // An interface that ML.NET keeps internal: PermutationFeatureImportance looks for it in chains and loaded models, and asks nothing else
    // of it.
    string ISingleFeaturePredictionTransformer.FeatureColumnName => image.Form == ImageForm.Pixels ? image.Name
        : throw new NotSupportedException(
            $"PermutationFeatureImportance permutes numbers, and this model reads pictures in column '{image.Name}'. Train one on "
            + "numbers, by ExtractPixels before the trainer, to permute them.");

    internal ClassificationColumns Columns { get; }

    internal ImageColumn Image => image;

    private protected override IBatchModel BatchModel => batchModel;

    private protected override void Save(ModelArchiveWriter archive) => ImageClassificationFormat.Save(this, archive);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            scorer.Dispose();
    }
}
