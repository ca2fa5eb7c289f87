using System.Text;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

public class TextNormalizationTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" \t\r\n\0\u0085\u2028", "")]
    [InlineData("a", "a")]
    [InlineData("a b", "a b")]
    [InlineData("a\tb", "a b")]
    [InlineData("  a \u00a0\u2003 b\r\n", "a b")]
    [InlineData("a\u0007b\u200d\ufeffc", "a b\u200d\ufeffc")]
    [InlineData("É\u0301 😀", "É\u0301 😀")]
    public void White_space_and_control_characters_collapse(string text, string expected)
        => Assert.Equal(expected, new TextNormalization().Apply(text));

    [Fact]
    public void White_space_stays_by_option()
        => Assert.Equal(" a\t\0 b ", new TextNormalization { CollapseWhiteSpace = false }.Apply(" a\t\0 b "));

    [Fact]
    public void Letters_become_lower_case_by_option()
        => Assert.Equal("straße élan ωσ 😀", new TextNormalization { LowerCase = true }.Apply("Straße ÉLAN ΩΣ 😀"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Lone_surrogates_become_the_replacement_character(bool collapse)
    {
        var normalization = new TextNormalization { CollapseWhiteSpace = collapse };
        Assert.Equal("a\ufffdb\ufffd", normalization.Apply("a\ud800b\udc00"));
        Assert.Equal("\ufffd😀\ufffd", normalization.Apply("\ud83d\ud83d\ude00\ude00"));
    }

    [Fact]
    public void Applying_it_twice_is_applying_it_once()
    {
        foreach (var normalization in (TextNormalization[])[new(), new() { CollapseWhiteSpace = false }, new() { LowerCase = true }])
            Corpus.AnyText.Sample(text => normalization.Apply(normalization.Apply(text)) == normalization.Apply(text));
    }

    [Fact]
    public void A_text_that_is_as_it_should_be_is_not_copied()
    {
        var text = string.Concat("a dog", " runs");
        Assert.Same(text, new TextNormalization().Apply(text));
    }

    [Fact]
    public void A_Unicode_form_is_applied_or_refused_never_ignored()
    {
        var normalization = new TextNormalization { Form = NormalizationForm.FormC };
        if ("e\u0301".Normalize(NormalizationForm.FormC) == "é")
        {
            Assert.Equal("é\ufffeé", normalization.Apply("e\u0301\ufffee\u0301"));
            return;
        }

        Assert.Contains("InvariantGlobalization", Assert.Throws<PlatformNotSupportedException>(() => normalization.Apply("a")).Message,
            StringComparison.Ordinal);
        var options = new TokenizerOptions { Normalization = normalization };
        Assert.Contains("Normalization.Form is FormC", Assert.Throws<ArgumentException>(options.Validate).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Corpus.Train(["a dog"], options));
    }

    [Theory]
    [InlineData("\u2122 \u2102 \uff21 \u1d2c", "tm c a a")]
    [InlineData("E\u0301COLE \ufb01n", "\u00e9cole fin")]
    public void No_capital_is_left_by_a_Unicode_form_that_makes_some(string text, string expected)
    {
        if ("e\u0301".Normalize(NormalizationForm.FormC) != "\u00e9") Assert.Skip("This runtime is in globalization-invariant mode");
        var normalization = new TextNormalization { Form = NormalizationForm.FormKC, LowerCase = true };
        Assert.Equal(expected, normalization.Apply(text));
        Corpus.AnyText.Sample(any => normalization.Apply(normalization.Apply(any)) == normalization.Apply(any));
    }

    [Fact]
    public void Null_is_no_text() => Assert.Throws<ArgumentNullException>(() => new TextNormalization().Apply(null!));
}
