using Bdia.Core.Native;

namespace Bdia.Core.Tests.Native;

public class GlibcxxCompatibilityTests
{
    private const string Init = "_ZSt21ios_base_library_initv";
    private const string OldInit = "_ZNSt8ios_base4InitC1Ev";
    private static readonly HashSet<string> Gcc12 = ["GLIBCXX_3.4", "GLIBCXX_3.4.9", "GLIBCXX_3.4.11", "GLIBCXX_3.4.30"];
    private static readonly HashSet<string> Gcc11 = ["GLIBCXX_3.4", "GLIBCXX_3.4.9", "GLIBCXX_3.4.11"];
    private static readonly HashSet<string> Gcc13 = [.. Gcc12, "GLIBCXX_3.4.32"];

    [Fact]
    public void Nothing_is_done_where_nothing_is_missing() =>
        Assert.Null(Adapt(SyntheticElf.Build(["GLIBCXX_3.4", "GLIBCXX_3.4.32"], [(Init, "GLIBCXX_3.4.32")]), Gcc13));

    [Fact]
    public void The_stream_initialiser_is_redirected_to_its_older_equal()
    {
        var original = SyntheticElf.Build(["GLIBCXX_3.4.32", "GLIBCXX_3.4"], [("print", "GLIBCXX_3.4"), (Init, "GLIBCXX_3.4.32")]);
        var untouched = original.ToArray();

        var adapted = Adapt(original, Gcc12);

        Assert.NotNull(adapted);
        Assert.Equal(untouched, original);
        var elf = ElfImage.Parse(adapted);
        Assert.Equal(["GLIBCXX_3.4", "GLIBCXX_3.4"], elf.Needed.Select(need => need.Version));
        Assert.Single(elf.Needed.Select(need => need.Hash).Distinct());
        Assert.Equal(["print", OldInit], elf.Symbols.Select(symbol => symbol.Name));
        Assert.Null(Adapt(adapted, Gcc12));
    }

    [Fact]
    public void An_even_older_library_gets_the_older_wait_as_well()
    {
        const string Wait = "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE";
        var original = SyntheticElf.Build(
            ["GLIBCXX_3.4.32", "GLIBCXX_3.4.30", "GLIBCXX_3.4.11", "GLIBCXX_3.4"], [(Wait, "GLIBCXX_3.4.30"), (Init, "GLIBCXX_3.4.32")]);

        var elf = ElfImage.Parse(Adapt(original, Gcc11)!);

        Assert.Equal(["GLIBCXX_3.4", "GLIBCXX_3.4.11", "GLIBCXX_3.4.11", "GLIBCXX_3.4"], elf.Needed.Select(need => need.Version));
        Assert.Equal([Wait, OldInit], elf.Symbols.Select(symbol => symbol.Name));
    }

    [Fact]
    public void An_unknown_need_is_named_with_what_the_machine_has_and_what_to_install()
    {
        var image = SyntheticElf.Build(["GLIBCXX_3.4.33", "GLIBCXX_3.4"], [("_ZSt9something", "GLIBCXX_3.4.33")]);

        var error = Assert.Throws<NativeLibraryMissingException>(() => Adapt(image, Gcc12));

        Assert.Contains("'lib.so' needs GLIBCXX_3.4.33", error.Message);
        Assert.Contains("_ZSt9something", error.Message);
        Assert.Contains("'libstdc++.so' ends at GLIBCXX_3.4.30", error.Message);
        Assert.Contains("Install a libstdc++ that defines GLIBCXX_3.4.33", error.Message);
    }

    [Fact]
    public void A_second_symbol_of_the_version_is_not_redirected_blindly()
    {
        var image = SyntheticElf.Build(["GLIBCXX_3.4.32", "GLIBCXX_3.4"], [(Init, "GLIBCXX_3.4.32"), ("_ZSt9something", "GLIBCXX_3.4.32")]);

        Assert.Contains("_ZSt9something", Assert.Throws<NativeLibraryMissingException>(() => Adapt(image, Gcc12)).Message);
    }

    [Fact]
    public void TorchSharps_library_needs_nothing_beyond_what_is_known()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "libstdc++ is looked at on Linux only");
        var path = NativeLocator.ForThisProcess().Require("libLibTorchSharp.so");
        var image = File.ReadAllBytes(path);

        var elf = ElfImage.Parse(Adapt(image, Versions("GLIBCXX_3.4.29"))!);

        var highest = elf.Needed.Where(need => need.Library == "libstdc++.so.6").Select(need => need.Version);
        Assert.Equal("GLIBCXX_3.4.29", GlibcxxCompatibility.Highest(highest));
        Assert.Contains(elf.Symbols, symbol => symbol.Name == OldInit);
        Assert.DoesNotContain(elf.Symbols, symbol => symbol.Name == Init);

        HashSet<string> Versions(string last) => ElfImage.Parse(image).Needed.Select(need => need.Version)
            .Where(version => !version.StartsWith("GLIBCXX_", StringComparison.Ordinal)
                || GlibcxxCompatibility.Highest([version, last]) == last).ToHashSet();
    }

    private static byte[]? Adapt(byte[] image, IReadOnlySet<string> available)
        => GlibcxxCompatibility.Adapt(image, "lib.so", available, "libstdc++.so");
}
