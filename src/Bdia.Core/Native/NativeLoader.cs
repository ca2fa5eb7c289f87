using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Bdia.Core.Native;

/// <summary>Makes TorchSharp's native library loadable before TorchSharp first asks for it.</summary>
internal static class NativeLoader
{
    private const string TorchSharpLibrary = "libLibTorchSharp.so";

    /// <summary>What went wrong when this assembly was loaded, or null.</summary>
    public static NativeLibraryMissingException? Problem { get; private set; }

    /// <summary>What was done when this assembly was loaded, for <see cref="BdiaRuntime.Describe"/>.</summary>
    public static string State { get; private set; } = "nothing to adapt";

    // A module initialiser, because TorchSharp can be made to load only before its first call, and that may stand anywhere in a
    // user's code. An exception from here would surface as an unreadable TypeInitializationException: it is kept for EnsureLoaded.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "See the "
        + "comment above.")]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "See the comment above.")]
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            PrimitiveCaches.Bound();
            ThreadTeams.ShortenWaiting();
            WideProducts.Offer();
            PrepareOnLinux(NativeLocator.ForThisProcess());
        }
        catch (NativeLibraryMissingException e)
        {
            Problem = e;
        }
        catch (Exception e)
        {
            Problem = new NativeLibraryMissingException(
                $"TorchSharp's native libraries could not be prepared: {OneLine(e)} Restore the packages of the application anew, "
                + $"or add to its project {NativeLocator.Packages("libtorch")}.", e);
        }
    }

    private static void PrepareOnLinux(NativeLocator locator)
    {
        var path = locator.Require(TorchSharpLibrary);
        var dependencies = new[] { locator.Require("libtorch_cpu.so"), locator.Require("libtorch.so") };
        foreach (var dependency in dependencies)
            ElfImage.CheckWhole(dependency);
        var runtime = CxxRuntime.Loaded();
        var adapted = GlibcxxCompatibility.Adapt(File.ReadAllBytes(path), path, runtime.Versions, runtime.Path);
        State = $"libstdc++ {GlibcxxCompatibility.Highest(runtime.Versions)}{(adapted is null ? "" : ", TorchSharp adapted to it")}";
        if (adapted is null)
            return;

        // An image in memory has no folder in which the loader could find what it depends on. libtorch.so brings in CUDA
        // where the application holds the CUDA libraries.
        foreach (var dependency in dependencies)
            LoadFile(dependency);
        MemoryImage.Load(adapted, TorchSharpLibrary);
    }

    /// <summary>
    /// Loads libtorch as TorchSharp will, and throws the reason if that fails. TorchSharp's own attempt would print it instead.
    /// </summary>
    /// <exception cref="NativeLibraryMissingException">It cannot be loaded.</exception>
    public static void Load()
    {
        // Whoever loaded the libraries by other means (from a Python installation, say) is served too. Where something is known to be
        // wrong, only that is asked: the loader kills the process when it maps a truncated file.
        if (Problem is not null && !NativeLibrary.TryLoad(TorchSharpLibrary, out _))
            throw new NativeLibraryMissingException(Problem.Message, Problem.InnerException);
        var torchSharp = typeof(torch).Assembly;
        if (NativeLibrary.TryLoad("torch_cpu", torchSharp, null, out _) && NativeLibrary.TryLoad("LibTorchSharp", torchSharp, null, out _))
            return;

        var locator = NativeLocator.ForThisProcess();
        var (prefix, suffix) = OperatingSystem.IsWindows() ? ("", ".dll") : ("lib", OperatingSystem.IsMacOS() ? ".dylib" : ".so");
        foreach (var name in new[] { "torch_cpu", "LibTorchSharp" })
            LoadFile(locator.Require(prefix + name + suffix));
    }

    private static void LoadFile(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryMissingException(
                $"The native library '{path}' is there and cannot be loaded: {OneLine(e)} Check that it is whole and meant for "
                    + $"{NativeLocator.Platform}, "
                + $"or add to the application's project {NativeLocator.Packages(Path.GetFileName(path))}.", e);
        }
    }

    private static string OneLine(Exception e) => e.Message.Trim().TrimEnd('.').ReplaceLineEndings(" ") + ".";
}
