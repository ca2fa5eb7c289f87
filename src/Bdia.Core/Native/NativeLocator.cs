using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Bdia.Core.Native;

/// <summary>Finds TorchSharp's native libraries where .NET applications keep them, and says what to do when they are not there.</summary>
/// <remarks>
/// It runs before TorchSharp is loaded, so it may name the type <see cref="torch"/> but call nothing on it: the first call runs that
/// type's static constructor, which loads the natives.
/// </remarks>
/// <param name="folders">The folders to look in, best first.</param>
internal sealed class NativeLocator(IReadOnlyList<string> folders)
{
    /// <summary>The platform part of package and folder names, such as linux-x64.</summary>
    public static string Platform { get; } =
        (OperatingSystem.IsWindows() ? "win-" : OperatingSystem.IsMacOS() ? "osx-" : "linux-")
        + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The version of the libtorch packages that go with the TorchSharp this assembly was built for.</summary>
    public static string LibTorchVersion { get; } = typeof(NativeLocator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == nameof(LibTorchVersion)).Value!;

    /// <summary>The version of TorchSharp in this process.</summary>
    public static string TorchSharpVersion { get; } = typeof(torch).Assembly.GetName().Version!.ToString(3);

    /// <summary>The locator for this process.</summary>
    public static NativeLocator ForThisProcess() => new(FoldersOfThisProcess().Distinct().ToList());

    /// <summary>The path of a library, or null if no folder holds it.</summary>
    public string? Find(string fileName) =>
        folders.Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);

    /// <summary>The path of a library.</summary>
    /// <exception cref="NativeLibraryMissingException">No folder holds it.</exception>
    public string Require(string fileName) => Find(fileName) ?? throw Missing(fileName);

    /// <summary>The error that says where a library was looked for and which package brings it.</summary>
    public NativeLibraryMissingException Missing(string fileName, Exception? cause = null) =>
        new($"The native library '{fileName}' is not part of this application. Add to the application's project {Packages(fileName)}. "
            + $"Looked in: {string.Join(", ", folders.Select(folder => $"'{folder}'"))}.", cause);

    /// <summary>The package reference that brings a library, as the end of the sentence "Add to the application's project ...".</summary>
    public static string Packages(string fileName)
    {
        if (fileName.Contains("TorchSharp", StringComparison.Ordinal))
            return $"the package 'TorchSharp' {TorchSharpVersion} for a platform that it supports (linux-x64, win-x64, win-arm64, "
                + $"osx-arm64; this is {Platform})";

        var package = Platform is "linux-x64" or "win-x64" or "osx-arm64"
            ? $"the package 'libtorch-cpu-{Platform}' {LibTorchVersion}"
            : $"a libtorch package {LibTorchVersion} for {Platform} (TorchSharp has them for linux-x64, win-x64 and osx-arm64)";
        return $"{package}, or 'TorchSharp-cpu' {TorchSharpVersion} for all platforms, or 'TorchSharp-cuda-linux' or "
            + $"'TorchSharp-cuda-windows' {TorchSharpVersion} for CUDA";
    }

    private static IEnumerable<string> FoldersOfThisProcess()
    {
        // What the host read from deps.json: runtimes/<platform>/native beside the application, the package cache under a
        // test host, the folder that a single-file application unpacks to.
        var fromHost = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in fromHost.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            yield return Path.TrimEndingDirectorySeparator(folder);

        var native = Path.Combine("runtimes", Platform, "native");
        var application = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        yield return application;
        yield return Path.Combine(application, native);

        foreach (var folder in FoldersAround(TorchSharpFolder(), native))
            yield return folder;
    }

    // A plug-in has its own folder; a notebook or script loads TorchSharp.dll from PACKAGES/torchsharp/VERSION/lib/FRAMEWORK.
    internal static IEnumerable<string> FoldersAround(string? torchSharp, string native)
    {
        if (string.IsNullOrEmpty(torchSharp))
            yield break;
        yield return torchSharp;
        yield return Path.Combine(torchSharp, native);

        var version = Path.GetDirectoryName(Path.GetDirectoryName(torchSharp));
        var package = Path.GetDirectoryName(version);
        if (version is null || package is null || !Path.GetFileName(package).Equals("torchsharp", StringComparison.OrdinalIgnoreCase))
            yield break;
        yield return Path.Combine(version, native);
        yield return Path.Combine(Path.GetDirectoryName(package)!, $"libtorch-cpu-{Platform}", LibTorchVersion, native);
    }

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "Empty in a single-file application, which has no such folder.")]
    private static string? TorchSharpFolder() => Path.GetDirectoryName(typeof(torch).Assembly.Location);
}
