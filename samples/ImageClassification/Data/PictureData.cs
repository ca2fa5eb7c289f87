using Bdia.Data.Pictures;
using Bdia.Reports.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Samples.ImageClassification.Data;

/// <summary>A data set as the sample uses it: two data views, and the transforms that turn a row into an image.</summary>
internal sealed record PictureData
{
    /// <summary>What it is, for people.</summary>
    public required string Name { get; init; }

    /// <summary>The size of a picture when it reaches the trainer.</summary>
    public required PictureSize Size { get; init; }

    /// <summary>Class names; a class keeps its number even where no row has it.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Rows to learn from.</summary>
    public required IDataView Train { get; init; }

    /// <summary>Rows that no trainer sees. The classes take turns, so that any first few show them all.</summary>
    public required IDataView Test { get; init; }

    /// <summary>The same rows for the report, pictures as files.</summary>
    public required RowSets Files { get; init; }

    /// <summary>Their numbers.</summary>
    public required (int Train, int Test) Rows { get; init; }

    /// <summary>From a row to the column Image: a file's bytes, or a vector of numbers with the dimensions of <see cref="Size"/>.</summary>
    public required IEstimator<ITransformer> Prepare { get; init; }

    /// <summary>
    /// The pictures of some rows of <see cref="Train"/> or <see cref="Test"/> as bytes, for those that cannot read images: the linear
    /// model, and people.
    /// </summary>
    public required Func<IDataView, IEnumerable<Picture>> Pictures { get; init; }

    /// <summary>The class names as MapValueToKey takes them.</summary>
    public IDataView Keys(MLContext mlContext) => mlContext.Data.LoadFromEnumerable(Classes.Select(name => new ClassName { Class = name }));

    /// <summary>A data set in memory: bytes in the view, widened to floats in the pipeline.</summary>
    public static PictureData InMemory(MLContext mlContext, string name, PictureSize size, IReadOnlyList<string> classes,
        IReadOnlyList<Picture> train, IReadOnlyList<Picture> test)
    {
        var schema = Picture.Schema(size);
        return new()
        {
            Name = name,
            Size = size,
            Classes = classes,
            Train = mlContext.Data.LoadFromEnumerable(train, schema),
            Test = mlContext.Data.LoadFromEnumerable(test, schema),
            Rows = (train.Count, test.Count),
            Files = new()
            {
                Name = name, Kind = $"pictures of {size}", Classes = classes, Train = [.. train.Select(Row)], Test = [.. test.Select(Row)],
            },
            Prepare = mlContext.Transforms.Conversion.ConvertType("Image", nameof(Picture.Pixels), DataKind.Single),
            Pictures = rows => mlContext.Data.CreateEnumerable<Picture>(rows, reuseRowObject: false, schemaDefinition: schema),
        };

        DataRow Row(Picture picture, int i) => new($"row {i + 1}", "", picture.Class, () => picture.ToPng(size));
    }

    private sealed class ClassName
    {
        public required string Class { get; init; }
    }
}
