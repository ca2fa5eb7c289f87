using Bdia.Core.Native;

namespace Bdia.Core.Tests.Native;

public class MemoryImageTests
{
    [Fact]
    public void A_library_loads_from_its_bytes_and_leaves_no_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux loads a library from memory");
        // The smallest of libtorch's libraries; it depends on nothing but what is loaded.
        var image = File.ReadAllBytes(NativeLocator.ForThisProcess().Require("libtorch_global_deps.so"));
        var before = Leftovers();

        MemoryImage.LoadFromPrivateFile(image, "libtest.so");

        Assert.Equal(before, Leftovers());
    }

    [Fact]
    public void What_is_no_library_gives_the_loaders_own_message_and_leaves_no_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux loads a library from memory");
        var before = Leftovers();

        var error = Assert.Throws<DllNotFoundException>(() => MemoryImage.Load([1, 2, 3], "libtest.so"));

        Assert.Contains("libtest.so", error.Message);
        Assert.Equal(before, Leftovers());
    }

    private static string[] Leftovers() => Directory.GetDirectories(Path.GetTempPath(), "bdia-*");
}
