using Bdia.Data;
using SkiaSharp;

namespace Bdia.Data.Pictures;

/// <summary>
/// A folder of class folders, each holding pictures of one class; or the folders train and test, each of them such a folder.
/// Only names and headers are read here; files are read when a row is asked for.
/// </summary>
public static class FolderReader
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];
    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    /// <summary>Whether a folder has folders with pictures.</summary>
    public static bool Accepts(string folder)
        => Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Any(sub => Files(sub).Any());

    /// <summary>
    /// Lists the pictures; test rows are null where no test folder says which they are. Unreadable files are left out and listed in
    /// <paramref name="leftOut"/>.
    /// </summary>
    public static (string[] Classes, List<PictureFile> Train, List<PictureFile>? Test) Read(string folder, List<string> leftOut)
    {
        var train = Path.Combine(folder, "train");
        var test = TestNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists);
        var split = Directory.Exists(train) && test is not null;
        var trainRows = Rows(split ? train : folder, leftOut);
        var classes = trainRows.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classes.Length < 2)
            throw new InputException($"{(split ? train : folder)} has pictures of {classes.Length} class(es) in class folders; it "
                + "takes at least 2." +
                (leftOut.Count > 0 ? $" {leftOut.Count} file(s) cannot be read as pictures, the first is {leftOut[0]}." : "")
                    + " Put the pictures of each class in a folder named for it.");
        if (!split) return (classes, trainRows, null);

        var testRows = Rows(test!, leftOut);
        if (testRows.FirstOrDefault(row => !classes.Contains(row.Class)) is { } unknown)
            throw new InputException($"{unknown.ImagePath} is of class \"{unknown.Class}\", which {train} does not have "
                + $"({string.Join(", ", classes.Take(10))}). Give both folders the same classes.");
        if (testRows.Count == 0)
            throw new InputException($"{test} holds no pictures in class folders. Fill it, or rename it so that a fifth of the "
                + "training pictures is held back instead.");
        return (classes, trainRows, testRows);
    }

    private static List<PictureFile> Rows(string folder, List<string> leftOut)
    {
        var rows = new List<PictureFile>();
        foreach (var path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).SelectMany(Files))
        {
            // The header tells whether it is a picture at all, at a fraction of the cost of decoding it.
            using var codec = SKCodec.Create(path);
            if (codec is null) leftOut.Add(path);
            else rows.Add(new() { ImagePath = Path.GetFullPath(path), Class = Path.GetFileName(Path.GetDirectoryName(path)!) });
        }

        return rows;
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder)
        .Where(path => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal);
}
