using Bdia.Core.Onnx;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The network, as far as scoring goes.</summary>
internal interface IImageScorer
{
    /// <summary>Scores images (count, C, H, W) to probabilities (count, classes). May be called from several threads at once.</summary>
    void Score(ReadOnlySpan<float> images, int count, Span<float> probabilities);

    /// <summary>Adds the network to a graph, of images (B, C, H, W); gives the value of the probabilities.</summary>
    string AddTo(IOnnxGraph graph, string images);
}

/// <summary>An image classifier as a model that scores batches of rows.</summary>
internal sealed class ImageBatchModel(IChannelProvider log, IImageScorer scorer, ImageColumn image, ClassificationColumns columns)
    : IBatchModel
{
    public string Trainer => "BdiaImageClassification";

    /// <summary>What becomes of bad images in batches that are made from now on.</summary>
    public BadImagePolicy BadImages { get; set; }

    public IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source) => [image.Find(source)];

    public IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source) => columns.Columns(source);

    public DataViewSchema.Annotations AnnotationsOf(DataViewSchema.Column source) => PixelNames.Of(source, image);

    public string? OnnxRefusal => image.Form == ImageForm.Pixels ? null
        : "It reads pictures, and what ML.NET converts holds numbers alone: write the network with the model's SaveOnnx, or train on pixel "
            + "vectors.";

    public void AddTo(OnnxPipeline pipeline, DataViewSchema source)
    {
        var layout = PixelVector.Layout((VectorDataViewType)image.Find(source).Type, PixelLayout.Automatic, image.Layout);
        ClassifierPipeline.Add(pipeline, scorer.AddTo, image, layout, columns, [.. OutputColumns(source).Select(column => column.Type)]);
    }

    public RowBatch CreateBatch(DataViewRow source, int capacity) => new ImageRowBatch(
        source,
        image.Reader(source),
        scorer, log, image,
        new BadRows(log, BadImages == BadImagePolicy.Skip, "given NaN scores",
            "Mend or remove the row, or let the model give NaN scores for such rows: BadImages = BadImagePolicy.Skip."),
        columns.Classes, capacity);
}
