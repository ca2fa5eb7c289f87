using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.Tests.Support;

/// <summary>One picture in all its forms, with a label.</summary>
internal sealed class ImageRow
{
    public const int Side = 8;

    [ImageType(Side, Side)]
    public MLImage? Image { get; set; }

    public byte[] File { get; set; } = [];

    [VectorType(3, Side, Side)]
    public float[] Features { get; set; } = [];

    public string Name { get; set; } = "";

    public float Number { get; set; }
}

/// <summary>Small data sets of pictures that a model can learn: the class is the colour that dominates.</summary>
internal static class ImageRows
{
    private static readonly string[] names = ["red", "green", "blue"];

    public static IEnumerable<ImageRow> Of(int count, int seed = 0)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var label = i % names.Length;
            var pixels = new byte[4 * ImageRow.Side * ImageRow.Side]; // red, green, blue, alpha
            random.NextBytes(pixels);
            for (var p = 0; p < pixels.Length; p++)
                pixels[p] = p % 4 == 3 ? (byte)255 : p % 4 == label ? (byte)(155 + pixels[p] % 100) : (byte)(pixels[p] % 100);
            yield return Row(pixels, label, i);
        }
    }

    private static ImageRow Row(byte[] pixels, int label, int number)
    {
        var image = MLImage.CreateFromPixels(ImageRow.Side, ImageRow.Side, MLPixelFormat.Rgba32, pixels);
        const int area = ImageRow.Side * ImageRow.Side;
        return new ImageRow
        {
            Image = image,
            File = Pictures.Png(pixels, ImageRow.Side, ImageRow.Side),
            Features = [.. from c in Enumerable.Range(0, 3) from p in Enumerable.Range(0, area) select (float)pixels[4 * p + c]],
            Name = names[label],
            Number = number,
        };
    }

    /// <summary>The rows as a view with a key column "Label".</summary>
    public static IDataView Labelled(MLContext context, IEnumerable<ImageRow> rows)
    {
        var view = context.Data.LoadFromEnumerable(rows.ToList());
        return context.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Name)).Fit(view).Transform(view);
    }

    /// <summary>The labels that there are, for a key that has those alone.</summary>
    public static IDataView Labels(MLContext context) => context.Data.LoadFromEnumerable(names.Select(name => new { Name = name }));

    /// <summary>Options of a network that trains in a fraction of a second.</summary>
    public static BdiaImageClassificationTrainer.Options Options(string features = nameof(ImageRow.Features), int epochs = 2) => new()
    {
        FeatureColumnName = features,
        PatchSize = 4,
        Width = 16,
        Depth = 3,
        Heads = 2,
        FeedForwardWidth = 32,
        Epochs = epochs,
        BatchSize = 8,
        LearningRate = 0.01,
        ScoringBatchSize = 7,
    };
}
