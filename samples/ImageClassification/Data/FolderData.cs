using Bdia.Data.Pictures;
using Bdia.Reports.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Bdia.Samples.ImageClassification.Data;

/// <summary>
/// Pictures in files as a data set: the view holds paths. The trainer gets the files as they are and turns them upright, scales and
/// averages them itself; the linear model and the contact sheet get what ML.NET's own transforms make of them.
/// </summary>
internal static class FolderData
{
    /// <summary>Makes the data set from lists of files.</summary>
    public static PictureData Create(MLContext mlContext, string name, int side, IReadOnlyList<string> classes,
        IReadOnlyList<PictureFile> train, IReadOnlyList<PictureFile> test)
    {
        var decode = mlContext.Transforms.LoadImages("Image", imageFolder: null, nameof(PictureFile.ImagePath))
            .Append(mlContext.Transforms.ResizeImages("Image", side, side, resizing: ImageResizingEstimator.ResizingKind.IsoCrop));
        return new()
        {
            Name = name,
            Size = new(3, side, side),
            Classes = classes,
            Train = mlContext.Data.LoadFromEnumerable(train),
            Test = mlContext.Data.LoadFromEnumerable(test),
            Rows = (train.Count, test.Count),
            Files = new()
            {
                Name = name, Kind = "class folders", Classes = classes, Train = [.. train.Select(Row)], Test = [.. test.Select(Row)],
            },
            Prepare = mlContext.Transforms.LoadRawImageBytes("Image", imageFolder: null, nameof(PictureFile.ImagePath)),
            Pictures = rows => Decode(decode.Fit(rows).Transform(rows)),
        };

        static DataRow Row(PictureFile file) => new(file.ImagePath, "", file.Class, () => File.ReadAllBytes(file.ImagePath));
    }

    /// <summary>ExtractPixels would do, but not beside SkiaSharp 3, which the charts of this sample need.</summary>
    private static IEnumerable<Picture> Decode(IDataView view)
    {
        var (imageColumn, classColumn) = (view.Schema["Image"], view.Schema[nameof(PictureFile.Class)]);
        using var cursor = view.GetRowCursor([imageColumn, classColumn]);
        var (readImage, readClass) = (cursor.GetGetter<MLImage>(imageColumn), cursor.GetGetter<ReadOnlyMemory<char>>(classColumn));
        MLImage? image = null;
        var name = default(ReadOnlyMemory<char>);
        while (cursor.MoveNext())
        {
            readImage(ref image!);
            readClass(ref name);
            yield return new() { Pixels = Planar(image.GetBGRPixels), Class = name.ToString() };
        }
    }

    /// <summary>From blue, green, red of each pixel to a plane of red, one of green, one of blue.</summary>
    private static byte[] Planar(byte[] bgr)
    {
        var plane = bgr.Length / 3;
        var planar = new byte[bgr.Length];
        for (var i = 0; i < plane; i++)
            for (var channel = 0; channel < 3; channel++)
                planar[(channel * plane) + i] = bgr[(3 * i) + 2 - channel];
        return planar;
    }
}
