using Bdia.Core.Native;
using CsCheck;

namespace Bdia.Core.Tests.Native;

public class ElfImageTests
{
    private static readonly byte[] Image = SyntheticElf.Build(
        ["GLIBCXX_3.4", "GLIBCXX_3.4.32"], [("print", "GLIBCXX_3.4"), ("start", "GLIBCXX_3.4.32")], ["MINE_1", "MINE_2"]);

    [Fact]
    public void Versions_and_symbols_are_read()
    {
        var elf = ElfImage.Parse(Image);

        Assert.Equal(["GLIBCXX_3.4", "GLIBCXX_3.4.32"], elf.Needed.Select(need => need.Version));
        Assert.All(elf.Needed, need => Assert.Equal("libstdc++.so.6", need.Library));
        Assert.Equal(["MINE_1", "MINE_2"], elf.Defined.Order());
        Assert.Equal([("print", 2), ("start", 3)], elf.Symbols.Select(symbol => (symbol.Name, symbol.VersionIndex)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a library")]
    [InlineData("\u007fELF, and then nothing that would follow in a library of 64 bits or of any other width")]
    public void A_file_that_is_no_library_is_named_so(string text)
    {
        var error = Assert.Throws<BadImageFormatException>(() => ElfImage.Parse(System.Text.Encoding.ASCII.GetBytes(text)));

        Assert.Contains($"{text.Length} bytes is not a 64-bit little-endian ELF library", error.Message);
    }

    [Fact]
    public void Every_truncation_gives_an_error_and_nothing_else() =>
        Assert.All(Enumerable.Range(0, Image.Length - 16),
            length => Assert.Throws<BadImageFormatException>(() => ElfImage.Parse(Image[..length])));

    [Fact]
    public void No_altered_byte_gives_anything_but_a_result_or_that_error() =>
        Gen.Select(Gen.Int[0, Image.Length - 1], Gen.Byte).Sample((position, value) =>
        {
            var altered = Image.ToArray();
            altered[position] = value;
            try
            {
                ElfImage.Parse(altered);
            }
            catch (BadImageFormatException)
            {
            }
        });

    [Fact]
    public void A_file_is_whole_or_told_to_be_truncated()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Image);
            ElfImage.CheckWhole(path);

            File.WriteAllBytes(path, Image[..^1]);
            var error = Assert.Throws<BadImageFormatException>(() => ElfImage.CheckWhole(path));
            Assert.Contains($"has {Image.Length - 1} bytes and should have {Image.Length}", error.Message);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
