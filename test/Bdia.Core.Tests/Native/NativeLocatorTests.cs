using Bdia.Core.Native;

namespace Bdia.Core.Tests.Native;

public class NativeLocatorTests
{
    [Fact]
    public void The_first_folder_that_holds_the_library_wins()
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            var (first, second) = (root.CreateSubdirectory("first").FullName, root.CreateSubdirectory("second").FullName);
            File.WriteAllText(Path.Combine(second, "a.so"), "");
            var locator = new NativeLocator([first, second]);
            Assert.Equal(Path.Combine(second, "a.so"), locator.Require("a.so"));

            File.WriteAllText(Path.Combine(first, "a.so"), "");
            Assert.Equal(Path.Combine(first, "a.so"), locator.Require("a.so"));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_missing_libtorch_is_named_with_its_package_version_and_the_folders_searched()
    {
        var error = Assert.Throws<NativeLibraryMissingException>(() => new NativeLocator(["here", "there"]).Require("libtorch_cpu.so"));

        Assert.Contains("'libtorch_cpu.so' is not part of this application", error.Message);
        Assert.Contains($"libtorch-cpu-{NativeLocator.Platform}' 2.10.0", error.Message);
        Assert.Contains("'TorchSharp-cuda-linux'", error.Message);
        Assert.Contains("'here', 'there'", error.Message);
    }

    [Fact]
    public void A_missing_TorchSharp_library_is_named_with_the_platforms_that_have_one()
    {
        var error = Assert.Throws<NativeLibraryMissingException>(() => new NativeLocator(["here"]).Require("libLibTorchSharp.so"));

        Assert.Contains("'TorchSharp' 0.107.0", error.Message);
        Assert.Contains("linux-x64, win-x64, win-arm64, osx-arm64", error.Message);
    }

    [Fact]
    public void The_package_cache_is_searched_only_when_TorchSharp_was_loaded_from_it()
    {
        var native = Path.Combine("runtimes", "p", "native");
        var cache = Path.Combine(Path.GetTempPath(), "packages");
        var inCache = Path.Combine(cache, "torchsharp", "0.107.0", "lib", "net8.0");

        Assert.Equal(
            [inCache, Path.Combine(inCache, native), Path.Combine(cache, "torchsharp", "0.107.0", native),
                Path.Combine(cache, $"libtorch-cpu-{NativeLocator.Platform}", NativeLocator.LibTorchVersion, native)],
            NativeLocator.FoldersAround(inCache, native));
        Assert.Equal([cache, Path.Combine(cache, native)], NativeLocator.FoldersAround(cache, native));
        Assert.Empty(NativeLocator.FoldersAround("", native));
    }
}
