using Bdia.Core.Metrics;

namespace Bdia.Core.Tests.Metrics;

public class Tokenizer13aTests
{
    [Theory] // tokens as sacreBLEU 2.6.0 gives them
    [InlineData("", "")]
    [InlineData("Hello, world!", "Hello|,|world|!")]
    [InlineData("it's $5%", "it's|$|5|%")]
    [InlineData("end. ", "end|.")]
    [InlineData("u.s.a.", "u|.|s|.|a|.")]
    [InlineData("1,000.5", "1,000.5")]
    [InlineData("1,a a,1", "1|,|a|a|,|1")]
    [InlineData(".,5", ".|,5")] // the rule for what stands before a stop has used up the full stop
    [InlineData("1.a.2", "1|.|a|.|2")]
    [InlineData("5-6 a-b --5-", "5|-|6|a-b|--5|-")]
    [InlineData("&quot;&amp;lt;&quot;", "\"|<|\"")]
    [InlineData("x<skipped>y", "xy")]
    [InlineData("<skip-\nped>", "<|skipped|>")]
    [InlineData("a-\nb", "ab")]
    [InlineData("a\nb", "a|b")]
    [InlineData("a-\n", "a-")] // white space at the end goes first
    [InlineData("a\u00a0b\u001cc\u2003d", "a|b|c|d")]
    [InlineData("a\u200bb", "a\u200bb")]
    [InlineData("l\u2019été…", "l\u2019été…")]
    [InlineData("\u0663,\u0664", "\u0663|,|\u0664")] // digits are those of ASCII
    [InlineData("😀.😀,", "😀|.|😀|,")]
    public void Tokens_are_those_of_sacreBLEU(string text, string tokens)
        => Assert.Equal(tokens.Split('|', StringSplitOptions.RemoveEmptyEntries), Tokenizer13a.Tokenize(text));

    [Fact]
    public void White_space_is_what_Python_has() =>
        Assert.Equal(
            [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 133, 160, 5760, 8192, 8193, 8194, 8195, 8196, 8197, 8198,
                8199, 8200, 8201, 8202, 8232, 8233, 8239, 8287, 12288],
            Enumerable.Range(0, 65536).Where(c => WhiteSpace.Is((char)c)));
}
