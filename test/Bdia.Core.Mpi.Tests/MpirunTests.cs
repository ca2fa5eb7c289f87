using System.Diagnostics;
using System.Globalization;
using Bdia.Core.Distributed;

namespace Bdia.Core.Mpi.Tests;

/// <summary>Ranks that a real mpirun starts, of each kind that is installed.</summary>
public sealed class MpirunTests
{
    private static string Program(string name) => $"{typeof(Ranks).FullName}.{name}";

    private static Mpirun Installed(string kind)
    {
        var mpi = Mpirun.Of(kind);
        Assert.SkipWhen(mpi is null, $"{kind} is not installed (apt-get install openmpi-bin, or mpich)");
        return mpi!;
    }

    private static readonly int[] killSizes = [4, 2, 8, 1];

    public static TheoryData<string> Kinds => [.. Mpirun.Names];

    public static TheoryData<string, int> Sizes
    {
        get
        {
            var sizes = new TheoryData<string, int>();
            foreach (var kind in Mpirun.Names)
                foreach (var size in (int[])[1, 4, 8]) sizes.Add(kind, size);
            return sizes;
        }
    }

    private static readonly Lazy<Dictionary<string, string>> alone = new(() =>
    {
        using var folder = new TemporaryFolder();
        var (code, output) = Mpirun.RunAlone(folder.Path, Program(nameof(Ranks.Train)));
        Assert.True(code == 0, output);
        return new() { ["images"] = folder["images.0"], ["translator"] = folder["translator.0"] };
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    [Trait("Category", "Slow")]
    public void Sums_are_those_of_the_tree_and_messages_arrive(string kind, int size)
    {
        using var folder = new TemporaryFolder();
        var (code, output) = Installed(kind).Run(size, folder.Path, Program(nameof(Ranks.Messages)));
        Assert.True(code == 0, output);
        for (var rank = 0; rank < size; rank++) Assert.Equal($"{size:X2}", folder[$"messages.{rank}"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_ranks_end_with_the_bytes_of_a_process_alone(string kind) => AssertTrainsAsAlone(kind, 2);

    [Theory]
    [MemberData(nameof(Sizes))]
    [Trait("Category", "Slow")]
    public void Every_number_of_ranks_ends_with_the_bytes_of_a_process_alone(string kind, int size) => AssertTrainsAsAlone(kind, size);

    private static void AssertTrainsAsAlone(string kind, int size)
    {
        using var folder = new TemporaryFolder();
        var (code, output) = Installed(kind).Run(size, folder.Path, Program(nameof(Ranks.Train)));
        Assert.True(code == 0, output);
        for (var rank = 0; rank < size; rank++)
        {
            Assert.Equal(alone.Value["images"], folder[$"images.{rank}"]);
            Assert.Equal(alone.Value["translator"], folder[$"translator.{rank}"]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Category", "Slow")]
    public void A_rank_that_fails_ends_the_others_with_its_reason(string kind)
    {
        using var folder = new TemporaryFolder();
        var (code, output) = Installed(kind).Run(4, folder.Path, Program(nameof(Ranks.Fail)));
        Assert.NotEqual(0, code);
        foreach (var rank in (int[])[0, 2, 3])
            Assert.True(File.Exists(Path.Combine(folder.Path, $"fault.{rank}"))
                && folder[$"fault.{rank}"] == $"Rank 1 has ended its run, and rank {rank} with it: The disk is full.", output);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Category", "Slow")]
    public void A_rank_that_hangs_ends_the_others_after_the_limit(string kind)
    {
        using var folder = new TemporaryFolder();
        _ = Installed(kind).Run(2, folder.Path, Program(nameof(Ranks.Hang)));
        Assert.StartsWith("Rank 0 has waited 1 s for rank 1, which does not answer", folder["fault.0"], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Category", "Slow")]
    public void A_rank_that_is_killed_ends_all_and_the_run_goes_on_with_fewer_to_the_same_bytes(string kind)
    {
        using var folder = new TemporaryFolder();
        var mpi = Installed(kind);
        var (code, output) = mpi.Run(4, folder.Path, Program(nameof(Ranks.Die)));
        Assert.NotEqual(0, code);
        Assert.True(File.Exists(Path.Combine(folder.Path, "died")), output);
        Assert.False(File.Exists(Path.Combine(folder.Path, "images.0")), output);

        (code, output) = mpi.Run(2, folder.Path, Program(nameof(Ranks.Die)));
        Assert.True(code == 0, output);
        Assert.Equal(alone.Value["images"], folder["images.0"]);
        Assert.Equal(alone.Value["images"], folder["images.1"]);
    }

    /// <summary>BDIA_MPI_KILLS is how often; without it, three times.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    [Trait("Category", "Slow")]
    public void A_run_that_is_killed_at_random_moments_and_goes_on_with_other_numbers_of_ranks_ends_with_the_same_bytes(string kind)
    {
        var mpi = Installed(kind);
        var wanted = int.Parse(Environment.GetEnvironmentVariable("BDIA_MPI_KILLS") ?? "3", CultureInfo.InvariantCulture);
        using var folder = new TemporaryFolder();
        var (random, kills) = (new Random(), 0); // the moments are random; the outcome must not be
        for (var run = 0; !File.Exists(Path.Combine(folder.Path, "images.0")); run++)
        {
            Assert.True(run < 2 * wanted + 5, "the run made no headway between kills");
            var size = killSizes[run % killSizes.Length];
            File.Delete(Path.Combine(folder.Path, "begun"));
            var (code, output) = mpi.Run(size, folder.Path, Program(nameof(Ranks.Live)), kills < wanted ? Kill : null);
            Assert.True(code != 0 || File.Exists(Path.Combine(folder.Path, "images.0")), output);

            void Kill(Process mpirun)
            {
                while (!File.Exists(Path.Combine(folder.Path, "begun")) && !mpirun.HasExited) Thread.Sleep(5);
                if (mpirun.WaitForExit(random.Next(400))) return;
                using var rank = Process.GetProcessById(
                    int.Parse(folder[$"process.{random.Next(size)}"], CultureInfo.InvariantCulture));
                rank.Kill(); // SIGKILL: no handler, no finally
                kills++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"killed {kills} times");
        Assert.True(kills >= Math.Min(2, wanted), $"the run was killed {kills} times");
        using var undisturbed = new TemporaryFolder();
        var whole = Mpirun.RunAlone(undisturbed.Path, Program(nameof(Ranks.Undisturbed)));
        Assert.True(whole.Code == 0, whole.Output);
        Assert.Equal(undisturbed["images.0"], folder["images.0"]);
    }

    [Fact]
    public void A_process_that_no_mpirun_has_started_is_alone()
    {
        Assert.Null(MpiLauncher.Current);
        Assert.Same(RankGroup.Alone, MpiRanks.Join());
        Assert.Same(RankGroup.Alone, MpiRanks.Join(new MpiOptions { Library = "none" })); // which it does not look for
    }

    [Fact]
    public void A_library_that_is_not_there_is_named_with_the_package_that_brings_it()
    {
        var launcher = new MpiLauncher("Some mpirun", "SOME_SIZE", ["libnone-of-mpi.so"]);
        Assert.Equal("Some mpirun has started this process (SOME_SIZE is set), but no MPI library can be loaded: libnone-of-mpi.so. "
            + "Install the package openmpi-bin or mpich of the launcher on every host, or set MpiOptions.Library.",
            Assert.Throws<DllNotFoundException>(() => MpiLibrary.Load(null, launcher)).Message);
        Assert.Contains("has no MPI_Init_thread: it is none of MPI 3",
            Assert.Throws<DllNotFoundException>(() => MpiLibrary.Load("libc.so.6", launcher)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Equal("Timeout is 00:00:00.5000000; it must be from 1 second to 1 day.",
            Assert.Throws<ArgumentException>(() => MpiRanks.Join(new() { Timeout = TimeSpan.FromSeconds(0.5) })).Message);
        Assert.Contains("Library is empty", Assert.Throws<ArgumentException>(() => MpiRanks.Join(new() { Library = " " })).Message,
            StringComparison.Ordinal);
    }
}
