using __NAME___Model;
using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Data.Tables;

namespace __NAME___Batch;

/// <summary>Reads what is to be scored: a folder of pictures, or a table with a column of paths or of pictures.</summary>
internal static class Items
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    public static (IReadOnlyList<TableColumn> Columns, IEnumerable<(IReadOnlyList<object?> Values, __NAME__.ModelInput? Input)> Rows) Open(
        string path)
    {
        if (!Directory.Exists(path))
        {
            var set = PictureSet.Open(path, labelled: false);
            return ([new("Picture", typeof(string))], set.Train.Select(item => Row(item.Name, item.Load)));
        }

        var files = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)
                .ToArray();
        if (files.Length == 0) throw new InputException($"{path} has no pictures. Give a folder with jpg, png, bmp, gif or webp files.");
        return ([new("Picture", typeof(string))],
            files.Select(file => Row(Path.GetRelativePath(path, file), () => File.ReadAllBytes(file))));
    }

    private static (IReadOnlyList<object?>, __NAME__.ModelInput?) Row(string name, Func<byte[]> load)
        => ([name], new __NAME__.ModelInput { ImageSource = load() });
}
