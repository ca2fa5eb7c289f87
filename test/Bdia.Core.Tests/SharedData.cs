using Bdia.Core.Tests.Architecture;

namespace Bdia.Core.Tests;

/// <summary>Data sets beside the repository, in `shared/data` of a folder above it: too large, or not ours, to be in it.</summary>
internal static class SharedData
{
    /// <summary>The path of a file or folder of `shared/data`, or null where it is absent.</summary>
    public static string? Find(params ReadOnlySpan<string> parts)
    {
        var name = Path.Combine(parts);
        for (var folder = new DirectoryInfo(SourceTree.Root); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", name);
            if (Path.Exists(path)) return path;
        }

        return null;
    }

    /// <summary>The path of a file or folder of `shared/data`; skips the test where it is absent.</summary>
    public static string Require(params ReadOnlySpan<string> parts)
    {
        var path = Find(parts);
        Assert.SkipWhen(path is null, $"{Path.Combine(parts)} is not in shared/data");
        return path!;
    }
}
