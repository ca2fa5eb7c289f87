using Bdia.Data.Files;
using Bdia.Data.Tables;

namespace Bdia.Data.Pictures;

/// <summary>A data set of pictures and their classes, of any of the kinds that <see cref="Open"/> knows.</summary>
public sealed record PictureSet
{
    private const string Known = "It takes a folder whose folders are classes of pictures (jpg, png, bmp, gif, webp), with or without "
        + "train and test folders above them, a table (.tsv, .csv, .jsonl or .parquet) with a column of paths or of pictures and one of "
        + "classes, or a folder of CIFAR (*.bin) or IDX (*-ubyte) files, plain or .gz.";

    private static readonly string[] ImageNames = ["ImageSource", "image", "image.bytes", "path", "file", "filename", "ImagePath", "img",
        "img.bytes", "picture"];

    private static readonly string[] LabelNames = ["Label", "class", "category", "target"];

    /// <summary>What people call it: the name of its folder or file.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of data set it is, for people: "class folders", "table of paths", "CIFAR-10", ...</summary>
    public required string Kind { get; init; }

    /// <summary>Names of the classes. Those of CIFAR and IDX keep their numbers, all others are in order.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Rows to learn from, or all of them where nothing tells which are for testing.</summary>
    public required IReadOnlyList<PictureItem> Train { get; init; }

    /// <summary>Rows that are set apart for testing; null where there are none.</summary>
    public IReadOnlyList<PictureItem>? Test { get; init; }

    /// <summary>Files and rows that cannot be used, each with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Opens a data set: what is at the path tells its kind.</summary>
    /// <param name="path">A folder or a file.</param>
    /// <param name="labelColumn">Of a table, the column of classes; null = the one that is named Label, class, category or target.</param>
    /// <param name="imageColumn">Of a table, the column of paths (relative to the table) or of bytes; null = the one that is named
    /// ImageSource, image, path, file or alike.</param>
    /// <param name="hasHeader">Whether a table has names of columns in its first line.</param>
    /// <param name="labelled">Whether rows must have a class; where not, a table need have no column of them.</param>
    /// <returns>The rows; files are read when a picture is loaded.</returns>
    /// <exception cref="InputException">It is not there, is of no such kind, is damaged, or has no pictures.</exception>
    public static PictureSet Open(string path, string? labelColumn = null, string? imageColumn = null, bool hasHeader = true,
        bool labelled = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (File.Exists(path) && Table.Accepts(path))
            return OfTable(name, Table.Open(path, hasHeader), labelColumn, imageColumn, labelled);
        var isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path)) throw new InputException($"There is no folder or file {path}. Check the path.");
        var folder = isFile ? Path.GetDirectoryName(Path.GetFullPath(path))! : path;
        string[] files = isFile ? [path] : Directory.GetFiles(path);

        if (files.Where(CifarReader.Accepts).ToArray() is { Length: > 0 } cifar)
        {
            var (kind, classes, train, test) = CifarReader.Read(folder, cifar);
            return Raw(name, kind, classes, CifarReader.Size, train, test);
        }

        if (!isFile && files.Where(IdxReader.Accepts).ToArray() is { Length: > 0 } idx)
        {
            var (classes, size, train, test) = IdxReader.Read(folder, idx);
            return Raw(name, "IDX", classes, size, train, test);
        }

        if (isFile || (!FolderReader.Accepts(path) && !FolderReader.Accepts(Path.Combine(path, "train"))))
            throw new InputException($"{path} holds no pictures in a form that is known. {Known}");
        var leftOut = new List<string>();
        var (names, trainFiles, testFiles) = FolderReader.Read(path, leftOut);
        return new()
        {
            Name = name, Kind = "class folders", Classes = names, Train = Items(path, trainFiles),
            Test = testFiles is null ? null : Items(path, testFiles), LeftOut = [.. leftOut.Select(file =>
                $"{Path.GetRelativePath(path, file)}: it is no picture, or its header is damaged")],
        };
    }

    private static PictureSet Raw(string name, string kind, IReadOnlyList<string> classes, PictureSize size, List<Picture> train,
        List<Picture>? test)
    {
        IReadOnlyList<PictureItem> Items(string part, List<Picture> pictures) =>
            [.. pictures.Select((picture, i) => new PictureItem($"{part} row {i + 1}", picture.Class, () => picture.ToPng(size)))];
        return new()
        {
            Name = name, Kind = kind, Classes = classes, Train = Items("train", train),
            Test = test is null ? null : Items("test", test), LeftOut = [],
        };
    }

    private static IReadOnlyList<PictureItem> Items(string folder, List<PictureFile> files) => [.. files.Select(file => new PictureItem(
        Path.GetRelativePath(folder, file.ImagePath), file.Class, () => File.ReadAllBytes(file.ImagePath)))];

    private static PictureSet OfTable(string name, Table table, string? labelColumn, string? imageColumn, bool labelled)
    {
        var image = table.Index(imageColumn ?? table.Find(ImageNames) ?? throw new InputException(
            $"{table.Path} has no column of pictures that is known by its name; it has {table.Names()}. Name one."));
        var labelName = labelColumn ?? table.Find(LabelNames);
        if (labelled && labelName is null)
            throw new InputException($"{table.Path} has no column of classes that is known by its name; it has {table.Names()}. Name one.");
        var label = labelName is null ? -1 : table.Index(labelName);
        if (image == label)
            throw new InputException($"Pictures and classes are the same column of {table.Path}, \"{labelName}\". Name two.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(table.Path))!;
        var (rows, leftOut) = (new List<PictureItem>(), new List<string>());
        foreach (var row in table.Rows())
        {
            var item = Item(row, image, label, folder, labelled, out var fault);
            if (item is null) leftOut.Add($"row {row.Number:N0}: {fault}");
            else rows.Add(item);
        }

        if (rows.Count == 0)
            throw new InputException($"{table.Path} has no row that can be used; of {leftOut.Count:N0} rows, {leftOut.FirstOrDefault()}. "
                + "Check its columns.");
        return new()
        {
            Name = name, Kind = table.Columns[image].Type == typeof(byte[]) ? "table of pictures" : "table of paths",
            Classes = [.. rows.Select(row => row.Label).Where(text => text.Length > 0).Distinct().Order(StringComparer.Ordinal)],
            Train = rows, LeftOut = leftOut,
        };
    }

    /// <summary>The picture of a row of a table.</summary>
    internal static PictureItem? Item(TableRow row, int image, int label, string folder, bool labelled, out string fault)
    {
        fault = row.Fault ?? "";
        if (row.Fault is not null) return null;
        var text = label < 0 ? "" : row.Text(label).Trim();
        if (labelled && text.Length == 0)
        {
            fault = "it has no class";
            return null;
        }

        if (row.Values[image] is byte[] bytes) return new($"row {row.Number:N0}", text, () => bytes);
        var file = row.Text(image);
        if (file.Length == 0)
        {
            fault = "it has no picture";
            return null;
        }

        var path = Path.Combine(folder, file);
        if (File.Exists(path)) return new(file, text, () => File.ReadAllBytes(path));
        fault = $"there is no file {file} in {folder}";
        return null;
    }
}
