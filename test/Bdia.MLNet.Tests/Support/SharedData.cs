namespace Bdia.MLNet.Tests.Support;

/// <summary>Data sets that are not in the repository: folders in "shared/data" beside a folder above.</summary>
internal static class SharedData
{
    /// <summary>The folder of a data set; the test is skipped where there is none.</summary>
    public static string Folder(string name)
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            var folder = Path.Combine(above.FullName, "shared", "data", name);
            if (Directory.Exists(folder))
                return folder;
        }
        Assert.Skip($"{name} is not in shared/data");
        throw new InvalidOperationException();
    }
}
