using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Options;
using Bdia.Samples.ImageClassification.Shapes;
using Microsoft.ML;

namespace Bdia.Samples.ImageClassification.Data;

/// <summary>Finds out what --data names and reads it.</summary>
internal static class DataSources
{
    /// <summary>Rows drawn where --train-rows and --test-rows do not say.</summary>
    public const int DrawnTrainRows = 20_000, DrawnTestRows = 2_000;

    private const string Known =
        "It takes a folder of CIFAR-10 or CIFAR-100 binary files (*.bin or *.bin.gz), a folder of IDX files (*-idx3-ubyte and "
            + "*-idx1-ubyte, or .gz), " +
        "or a folder whose folders are classes of pictures (jpg, png, bmp, gif, webp).";

    /// <summary>Reads what --data names, or draws pictures where it is not given.</summary>
    /// <param name="mlContext">Makes the data views.</param>
    /// <param name="options">Where the data are and how much of them to use.</param>
    /// <param name="note">Told what was left out.</param>
    /// <exception cref="InputException">It is not there, or not one of the known kinds, or damaged.</exception>
    public static PictureData Load(MLContext mlContext, SampleOptions options, Action<string> note)
    {
        if (options.Data is not { } path)
            return ShapeData.Draw(mlContext, options.TrainRows ?? DrawnTrainRows, options.TestRows ?? DrawnTestRows, options.Seed);

        var isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path))
            throw new InputException($"There is no folder or file {path}. Check --data.");
        var folder = isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        string[] files = isFile ? [path] : Directory.GetFiles(path);

        if (files.Where(CifarReader.Accepts).ToArray() is { Length: > 0 } cifar)
        {
            var (name, classes, train, test) = CifarReader.Read(folder, cifar);
            return InMemory(name, CifarReader.Size, classes, train, test);
        }

        if (!isFile && files.Where(IdxReader.Accepts).ToArray() is { Length: > 0 } idx)
        {
            var (classes, size, train, test) = IdxReader.Read(folder, idx);
            return InMemory($"{Path.GetFileName(Path.GetFullPath(folder))} (IDX)", size, classes, train, test);
        }

        if (isFile || !FolderReader.Accepts(path) && !FolderReader.Accepts(Path.Combine(path, "train")))
            throw new InputException($"{path} is no data set that this sample knows. {Known}");
        return Files();

        PictureData InMemory(string name, PictureSize size, string[] classes, List<Picture> train, List<Picture>? test)
        {
            var rows = Choose(train, test, picture => picture.Class);
            return PictureData.InMemory(mlContext, name, size, classes, rows.Train, rows.Test);
        }

        PictureData Files()
        {
            var leftOut = new List<string>();
            var (classes, train, test) = FolderReader.Read(path, leftOut);
            if (leftOut.Count > 0)
                note($"{leftOut.Count} file(s) cannot be read as pictures and are left out, the first is {leftOut[0]}.");
            var rows = Choose(train, test, picture => picture.Class);
            return FolderData.Create(mlContext, Path.GetFileName(Path.GetFullPath(path)), options.PictureSize,
                classes, rows.Train, rows.Test);
        }

        (List<T> Train, List<T> Test) Choose<T>(List<T> train, List<T>? test, Func<T, string> label)
        {
            if (test is null) (train, test) = Turns.Split(train, label, options.Seed);
            return (Turns.Take(train, label, options.TrainRows), Turns.Take(test, label, options.TestRows));
        }
    }
}
