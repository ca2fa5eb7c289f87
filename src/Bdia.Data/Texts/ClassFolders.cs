using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Data.Texts;

/// <summary>
/// A folder of class folders, each holding texts of one class, a .txt file each; or the folders train and test, each of them such a folder.
/// </summary>
public static class ClassFolders
{
    private static readonly string[] TestNames = ["test", "val", "valid", "validation"];

    /// <summary>Reads the texts; test rows are null where no test folder says which they are.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="note">Told what was left out.</param>
    public static (List<LabelledText> Train, List<LabelledText>? Test) Read(string folder, Action<string> note)
    {
        var train = Path.Combine(folder, "train");
        var test = TestNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists);
        return Directory.Exists(train) && test is not null ? (Rows(train, note), Rows(test, note)) : (Rows(folder, note), null);
    }

    private static List<LabelledText> Rows(string folder, Action<string> note)
    {
        var (rows, empty) = (new List<LabelledText>(), 0);
        foreach (var classFolder in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            foreach (var path in Directory.EnumerateFiles(classFolder, "*.txt").Order(StringComparer.Ordinal))
            {
                var text = string.Join('\n', TextFile.Lines(path));
                if (text.Trim().Length == 0) empty++;
                else rows.Add(new() { Text = text, Class = Path.GetFileName(classFolder) });
            }
        }

        if (empty > 0) note($"{empty:N0} files of {folder} have no text, and are left out.");
        if (rows.Count == 0)
            throw new InputException($"{folder} holds no texts in class folders. Put the .txt files of each class in a folder named for "
                + "it, or give a tab-separated file.");
        return rows;
    }
}
