using System.Buffers.Binary;
using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Pictures;

/// <summary>
/// IDX, the format of MNIST, Fashion-MNIST, KMNIST and EMNIST: big-endian 0 0 type dimensions, one 32-bit size per
/// dimension, then the values. Read here: unsigned bytes, images of 3 dimensions and labels of 1.
/// </summary>
public static class IdxReader
{
    private const int LabelMagic = 0x0801, ImageMagic = 0x0803;

    /// <summary>Whether a file may be one: ...-idx3-ubyte, ...-idx1-ubyte, .idx; plain or .gz.</summary>
    public static bool Accepts(string path)
    {
        var name = DataFile.PlainName(path);
        return name.Contains("-idx", StringComparison.OrdinalIgnoreCase) || name.Contains(".idx", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Reads files: images and labels in pairs; those whose names begin with t10k or test are the test rows (null where there are none).
    /// </summary>
    public static (string[] Classes, PictureSize Size, List<Picture> Train, List<Picture>? Test) Read(string folder,
        IReadOnlyList<string> files)
    {
        var sets = files.Select(path => IdxFile.Read(path)).GroupBy(file => IsTest(file.Path))
            .ToDictionary(group => group.Key, group => group.ToList());
        if (!sets.TryGetValue(false, out var trainFiles))
            throw new InputException($"{folder} holds IDX files for testing only. Add the training images and labels "
                + "(train-images-idx3-ubyte, train-labels-idx1-ubyte).");

        var train = Pair(folder, "training", trainFiles);
        var test = sets.TryGetValue(true, out var testFiles) ? Pair(folder, "test", testFiles) : default;
        if (test.Labels is not null && test.Size != train.Size)
            throw new InputException($"The test pictures in {folder} are {test.Size}, the training pictures {train.Size}. Use files of "
                + "one data set.");

        // Labels may begin at 1 (EMNIST letters do): the classes are the values that occur in training.
        var values = train.Labels.Distinct().Order().ToArray();
        var names = DataFile.Lines(folder, "class_names.txt");
        if (names is not null && values[^1] >= names.Length)
            throw new InputException($"The training labels in {folder} go up to {values[^1]}, but class_names.txt has {names.Length} "
                + $"lines (0..{names.Length - 1}). Add the missing lines, or remove the file.");
        string Name(byte value) => names?[value] ?? $"{value}";
        return ([.. values.Select(Name)], train.Size, Pictures(train), test.Labels is null ? null : Pictures(test));

        List<Picture> Pictures((PictureSize Size, byte[] Values, byte[] Labels) set) =>
            [.. set.Labels.Select((label, i) => values.Contains(label)
            ? new Picture { Pixels = set.Values[(i * set.Size.Values)..((i + 1) * set.Size.Values)], Class = Name(label) }
            : throw new InputException($"Test row {i:N0} in {folder} has label {label}, which no training row has (they have "
                + $"{values[0]}..{values[^1]}). Use files of one data set."))];
    }

    private static bool IsTest(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith("t10k", StringComparison.OrdinalIgnoreCase) || name.Contains("test", StringComparison.OrdinalIgnoreCase);
    }

    private static (PictureSize Size, byte[] Values, byte[] Labels) Pair(string folder, string what, List<IdxFile> files)
    {
        var images = files.Where(file => file.Magic == ImageMagic).ToList();
        var labels = files.Where(file => file.Magic == LabelMagic).ToList();
        if (images.Count != 1 || labels.Count != 1)
            throw new InputException($"{folder} has {images.Count} IDX file(s) of {what} images and {labels.Count} of {what} labels; "
                + "it takes one of each " +
                $"({string.Join(", ", files.Select(file => Path.GetFileName(file.Path)))}). Keep one data set in a folder.");
        var count = images[0].Sizes[0];
        if (count != labels[0].Sizes[0])
            throw new InputException($"{images[0].Path} has {count:N0} images but {labels[0].Path} has {labels[0].Sizes[0]:N0} labels. "
                + "Use the two files of one set.");
        if (count == 0)
            throw new InputException($"{images[0].Path} has no images. Fetch it again.");
        return (new(1, images[0].Sizes[1], images[0].Sizes[2]), images[0].Values, labels[0].Values);
    }

    /// <summary>One file, checked.</summary>
    private sealed record IdxFile(string Path, int Magic, int[] Sizes, byte[] Values)
    {
        public static IdxFile Read(string path)
        {
            var bytes = DataFile.ReadAll(path);
            var magic = bytes.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(bytes) : -1;
            if (magic is not (LabelMagic or ImageMagic))
                throw new InputException($"{path} begins with {(magic == -1 ? "fewer than 4 bytes" : $"0x{magic:X8}")}; an IDX file of "
                    + $"bytes begins with 0x{ImageMagic:X8} (images) or " +
                    $"0x{LabelMagic:X8} (labels). Fetch it again, or take it out of the folder.");
            var dimensions = magic & 0xFF;
            var header = 4 * (1 + dimensions);
            var sizes = bytes.Length < header ? []
                : Enumerable.Range(1, dimensions).Select(i => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * i))).ToArray();
            var expected = sizes.Any(size => size < 0) || sizes.Length == 0 ? -1
                : sizes.Aggregate((Int128)1, (product, size) => product * size);
            if (expected != bytes.Length - header)
                throw new InputException($"{path} holds {bytes.Length:N0} bytes, but its header ({string.Join(" x ", sizes)}) calls "
                    + $"for {(expected < 0 ? "more" : $"{expected + header:N0}")}. It is truncated or damaged: fetch it again.");
            return new(path, magic, sizes, bytes[header..]);
        }
    }
}
