using System.Runtime.InteropServices;

namespace Bdia.Core.Native;

/// <summary>The C++ standard library that this process uses, on Linux.</summary>
/// <param name="Path">Where it was loaded from.</param>
/// <param name="Versions">The symbol versions that it defines.</param>
internal sealed record CxxRuntime(string Path, IReadOnlySet<string> Versions)
{
    private const string FileName = "libstdc++.so.6";

    /// <summary>Finds and reads it.</summary>
    /// <exception cref="NativeLibraryMissingException">There is none.</exception>
    public static CxxRuntime Loaded()
    {
        // Usually loaded already, by .NET itself; then this only counts a reference.
        if (!NativeLibrary.TryLoad(FileName, out _) || Find(File.ReadLines("/proc/self/maps")) is not { } path)
            throw new NativeLibraryMissingException(
                $"The C++ library '{FileName}' is not installed on this machine. Install the package 'libstdc++6' (Debian, Ubuntu) or "
                    + "'libstdc++' (Fedora, RHEL).");
        return new CxxRuntime(path, ElfImage.Parse(File.ReadAllBytes(path)).Defined);
    }

    /// <summary>The path of the library among the lines of /proc/self/maps, or null.</summary>
    internal static string? Find(IEnumerable<string> mappings) =>
        mappings.Where(line => line.Contains('/', StringComparison.Ordinal))
            .Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..])
            .FirstOrDefault(path => System.IO.Path.GetFileName(path).StartsWith("libstdc++.so", StringComparison.Ordinal));
}
