using System.Runtime.InteropServices;
using Bdia.Core.Native;
using TorchSharp;

namespace Bdia.Core.Tests.Native;

public partial class BdiaRuntimeTests
{
    [Fact]
    public void TorchSharp_computes_on_this_machine()
    {
        BdiaRuntime.EnsureLoaded();
        BdiaRuntime.EnsureLoaded();

        using var ones = torch.ones(3);
        using var sum = ones.sum();
        Assert.Equal(3, sum.item<float>());
        Assert.Null(NativeLoader.Problem);
    }

    [Fact]
    public void The_description_names_versions_threads_and_platform()
    {
        var text = BdiaRuntime.Describe();

        Assert.Contains("TorchSharp 0.107.0", text);
        Assert.Contains("libtorch 2.10.0", text);
        Assert.Contains(NativeLocator.Platform, text);
        Assert.Contains($"{BdiaRuntime.Threads} threads", text);
        Assert.DoesNotContain("\n", text);
    }

    [Fact]
    public void Threads_of_a_team_sleep_early_unless_the_user_has_decided_on_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone.");
        var asked = Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") ?? Environment.GetEnvironmentVariable("OMP_WAIT_POLICY");
        Assert.Equal(asked is null ? $"{ThreadTeams.Spins}" : Environment.GetEnvironmentVariable("GOMP_SPINCOUNT"),
            Marshal.PtrToStringUTF8(GetEnvironment("GOMP_SPINCOUNT")));
        Assert.Equal(asked is null, BdiaRuntime.Describe().Contains("waiting threads sleep early", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(8, 2, null, 2)] // a container with a quota of two
    [InlineData(4, 8, null, 4)] // libtorch counts physical cores, .NET the logical ones
    [InlineData(6, 2, "OMP_NUM_THREADS", 6)]
    [InlineData(6, 2, "MKL_NUM_THREADS", 6)]
    public void Threads_follow_the_processors_that_the_process_may_have(int threads, int processors, string? asked, int expected)
        => Assert.Equal(expected, ThreadTeams.Fitting(threads, processors, name => name == asked ? $"{threads}" : null));

    [Fact]
    public void A_number_of_threads_below_one_is_refused()
    {
        var before = BdiaRuntime.Threads;

        Assert.Throws<ArgumentOutOfRangeException>(() => BdiaRuntime.Threads = 0);

        Assert.Equal(before, BdiaRuntime.Threads);
    }

    [Fact]
    public void The_C_plus_plus_library_is_found_among_the_mappings() =>
        Assert.Equal(
            "/usr/lib/libstdc++.so.6.0.30",
            CxxRuntime.Find(["7f00-7f01 r-xp 00000000 00:00 0", "7f02-7f03 r-xp 00000000 08:01 7      /lib/libm.so.6", "7f04-7f05 r-xp "
                + "00000000 08:01 9 /usr/lib/libstdc++.so.6.0.30"]));

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
