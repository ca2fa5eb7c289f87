using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Pictures;

/// <summary>
/// CIFAR-10 and CIFAR-100 in their binary form: records without a header, one label byte (CIFAR-100: coarse label, then
/// fine label), 1,024 bytes red, 1,024 green, 1,024 blue.
/// </summary>
public static class CifarReader
{
    /// <summary>The size of every picture.</summary>
    public static readonly PictureSize Size = new(3, 32, 32);

    /// <summary>Whether a file may be one: any name that ends in .bin or .bin.gz.</summary>
    public static bool Accepts(string path) => DataFile.PlainName(path).EndsWith(".bin", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads files; those whose names begin with test are the test rows (null where there are none).</summary>
    public static (string Name, string[] Classes, List<Picture> Train, List<Picture>? Test) Read(string folder, IReadOnlyList<string> files)
    {
        var fine = DataFile.Lines(folder, "fine_label_names.txt");
        var contents = files.Order(StringComparer.Ordinal).Select(path => (Path: path, Bytes: DataFile.ReadAll(path))).ToList();
        var labelBytes = LabelBytes(contents, preferFine: fine is not null);
        var classes = labelBytes == 2 ? fine ?? DataFile.Numbers(100) : DataFile.Lines(folder, "batches.meta.txt") ?? DataFile.Numbers(10);

        List<Picture> train = [], test = [];
        foreach (var (path, bytes) in contents)
            Records(path, bytes, labelBytes, classes, IsTest(path) ? test : train);
        if (train.Count == 0)
            throw new InputException($"{folder} holds no training rows: each of its {files.Count} .bin file(s) has a name that begins "
                + "with \"test\". Add the training file(s).");
        return (labelBytes == 2 ? "CIFAR-100" : "CIFAR-10", classes, train, test.Count > 0 ? test : null);
    }

    private static bool IsTest(string path) => Path.GetFileName(path).StartsWith("test", StringComparison.OrdinalIgnoreCase);

    /// <summary>One label byte or two: whichever record length divides every file.</summary>
    private static int LabelBytes(List<(string Path, byte[] Bytes)> contents, bool preferFine)
    {
        int[] candidates = preferFine ? [2, 1] : [1, 2];
        foreach (var candidate in candidates)
            if (contents.All(file => file.Bytes.Length > 0 && file.Bytes.Length % (candidate + Size.Values) == 0))
                return candidate;

        foreach (var (path, bytes) in contents)
        {
            if (bytes.Length > 0 && candidates.Any(candidate => bytes.Length % (candidate + Size.Values) == 0)) continue;
            var records = bytes.Length / (1 + Size.Values);
            throw new InputException(
                $"{path} holds {bytes.Length:N0} bytes, which is no whole number of CIFAR records (3,073 bytes each for CIFAR-10, 3,074 "
                    + "for CIFAR-100; " +
                $"{records:N0} CIFAR-10 records and {bytes.Length - (records * (1 + Size.Values)):N0} bytes). It is truncated or "
                    + "another format: fetch it again, or take it out of the folder.");
        }

        throw new InputException($"The .bin files beside {contents[0].Path} mix CIFAR-10 (3,073 bytes a record) and CIFAR-100 (3,074). "
            + "Keep each set in a folder of its own.");
    }

    private static void Records(string path, byte[] bytes, int labelBytes, string[] classes, List<Picture> into)
    {
        var length = labelBytes + Size.Values;
        for (var at = 0; at < bytes.Length; at += length)
        {
            int label = bytes[at + labelBytes - 1];
            if (label >= classes.Length)
                throw new InputException($"{path}, record {at / length:N0}: the label is {label}, but there are {classes.Length} "
                    + $"classes (0..{classes.Length - 1}). " +
                    "Check that the file is CIFAR binary and that the file of class names beside it is complete.");
            into.Add(new() { Pixels = bytes[(at + labelBytes)..(at + length)], Class = classes[label] });
        }
    }
}
