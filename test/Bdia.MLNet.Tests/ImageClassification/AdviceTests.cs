using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>What ML.NET does to images on their way is told where its user stands.</summary>
public class AdviceTests
{
    private readonly MLContext context = new(1);

    private BdiaImageClassificationTrainer Trainer(string features)
        => context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(features));

    [Fact]
    public void A_column_that_a_cache_dropped_is_told_as_such()
    {
        var pipeline = context.Transforms.CopyColumns("Copy", "Number").AppendCacheCheckpoint(context).Append(Trainer("Image"));

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Fit(ImageRows.Labelled(context, ImageRows.Of(6))));

        Assert.StartsWith("Could not find feature column 'Image'. Where it held MLImages: AppendCacheCheckpoint and Cache drop such "
            + "columns.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_as_bytes_are_advised_against_and_not_for()
    {
        var data = ImageRows.Labelled(context, ImageRows.Of(6));
        var bytes = context.Transforms.ExtractPixels("Bytes", "Image", outputAsFloatArray: false).Fit(data).Transform(data);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Trainer("Bytes").Fit(bytes));

        Assert.Contains("expected Image, Vector<Single> or VarVector<Byte>, got Vector<Byte>. Pixels as bytes come of ExtractPixels "
            + "with outputAsFloatArray: false; leave that out", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_in_memory_that_ResizeImages_disposed_are_told_as_such()
    {
        var rows = ImageRows.Labelled(context, ImageRows.Of(12));
        var resized = context.Transforms.ResizeImages("Resized", ImageRow.Side, ImageRow.Side, "Image").Fit(rows).Transform(rows);

        var error = Assert.Throws<InvalidDataException>(
            () => { Trainer("Resized").Fit(resized).Dispose(); Trainer("Resized").Fit(resized).Dispose(); });

        Assert.Contains("the image was disposed before it was read (ML.NET's ExtractPixels does so, and ResizeImages with images that "
            + "have the size already)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "The training data is empty: it has no rows.")]
    [InlineData(1, "The training data has one row; a classifier needs rows of at least two classes. Add rows of another class.")]
    public void Data_with_no_rows_or_one_is_told_as_such(int count, string message)
    {
        var rows = context.Data.LoadFromEnumerable(ImageRows.Of(count).ToList());
        var pipeline = context.Transforms.Conversion.MapValueToKey("Label", "Name").Append(Trainer("File"));

        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => pipeline.Fit(rows)).Message);
    }

    [Theory]
    [InlineData(false, "channel 2, row 3, column 5")]
    [InlineData(true, "pixel 157")]
    public void Permutation_feature_importance_takes_a_chain_and_a_loaded_model(bool named, string name)
    {
        var size = 3 * ImageRow.Side * ImageRow.Side;
        var definition = SchemaDefinition.Create(typeof(ImageRow));
        if (named)
            definition["Features"].AddAnnotation("SlotNames",
                new VBuffer<ReadOnlyMemory<char>>(size, [.. Enumerable.Range(0, size).Select(i => $"pixel {i}".AsMemory())]),
                new VectorDataViewType(TextDataViewType.Instance, size));
        var rows = context.Data.LoadFromEnumerable(ImageRows.Of(12).ToList(), definition);
        using var chain = context.Transforms.Conversion.MapValueToKey("Label", "Name").Append(Trainer("Features"))
            .Append(context.Transforms.Conversion.MapKeyToValue("Guess", "PredictedLabel")).Fit(rows);
        using var stream = new MemoryStream();
        context.Model.Save(chain, rows.Schema, stream);
        stream.Position = 0;
        var loaded = context.Model.Load(stream, out _);

        var ofChain = new MLContext(1).MulticlassClassification.PermutationFeatureImportance(chain,
            chain.Transform(rows), permutationCount: 1);
        var ofLoaded = new MLContext(1).MulticlassClassification.PermutationFeatureImportance(loaded,
            loaded.Transform(rows), permutationCount: 1);

        Assert.Equal(size, ofChain.Count);
        Assert.True(ofChain.ContainsKey(name));
        Assert.Equal(ofChain.OrderBy(pair => pair.Key).Select(pair => pair.Value.MicroAccuracy.Mean),
            ofLoaded.OrderBy(pair => pair.Key).Select(pair => pair.Value.MicroAccuracy.Mean));
        ((IDisposable)loaded).Dispose();
    }

    [Fact]
    public void Permutation_feature_importance_of_pictures_is_refused_with_what_to_do()
    {
        var rows = context.Data.LoadFromEnumerable(ImageRows.Of(12).ToList());
        using var chain = context.Transforms.Conversion.MapValueToKey("Label", "Name").Append(Trainer("File")).Fit(rows);

        var error = Assert.Throws<NotSupportedException>(
            () => context.MulticlassClassification.PermutationFeatureImportance((ITransformer)chain,
            chain.Transform(rows), permutationCount: 1));

        Assert.Contains("this model reads pictures in column 'File'", error.Message, StringComparison.Ordinal);
    }
}
