using System.Text.RegularExpressions;
using Bdia.Reports.Pages;
using Bdia.Tool.Tests.Support;
using SkiaSharp;

namespace Bdia.Tool.Tests.Reports;

[Collection(nameof(ModelTests))]
public sealed partial class ReportTests(Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("Colours")]
    [InlineData("Topics")]
    [InlineData("Numbers")]
    [InlineData("Lines")]
    public void A_report_is_one_whole_file_that_refers_to_nothing_outside(string name)
    {
        var page = Page(name);

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(@"(?i)(src|href)=""(?!data:|#)", page);
        Assert.DoesNotMatch(@"(?i)url\(|@import|https?://", page);
        // Links lead to parts, every part has one heading, pictures have texts, tables have captions, plots have titles.
        var parts = Ids().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(parts, parts.Distinct());
        Assert.All(Anchors().Matches(page), match => Assert.Contains(match.Groups[1].Value, parts));
        Assert.Equal(1, Regex.Count(page, "<h1"));
        Assert.All(Images().Matches(page), match => Assert.Matches("alt=\"[^\"]+\"", match.Value));
        foreach (Match picture in Held().Matches(page))
        {
            using var read = SKBitmap.Decode(Convert.FromBase64String(picture.Groups[1].Value));
            Assert.InRange(read.Width, 1, 400);
        }

        Assert.Equal(Regex.Count(page, "<table"), Regex.Count(page, "<caption>[^<]"));
        Assert.Equal(Regex.Count(page, "<svg"), Regex.Count(page, "<svg role=\"img\"[^>]*><title>[^<]"));
        foreach (var tag in new[] { "section", "table", "tr", "td", "th", "ul", "li", "div", "figure", "svg", "main", "p", "span", "b" })
            Assert.True(Regex.Count(page, $@"<{tag}[\s>]") == Regex.Count(page, $"</{tag}>"), $"tags {tag} do not match");
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
        Assert.True(page.Length < 2_000_000);
    }

    [Fact]
    public void Parts_suit_the_task()
    {
        foreach (var (name, says) in new (string, string[])[]
        {
            ("Colours", ["Confusion matrix", "Calibration", "The most confident mistakes", "data:image/jpeg;base64,", "Learning curves",
                "Side information", "Intervals hold 95 %", "8 x 8 to 8 x 8 pixels"]),
            ("Topics", ["Confusion matrix", "<blockquote>", "Letters of texts"]),
            ("Numbers", ["The worst, by chrF", "Figures by length", "Coverage of the vocabulary"]),
            ("Lines", ["Beginnings of test texts", "Perplexity"]),
        })
            Assert.All(says, text => Assert.Contains(text, Page(name), StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_look_like_markup_stay_names()
        => Assert.Equal("<p>&lt;b&gt;&quot;&amp;</p>\n", new Html().Paragraph("<b>\"&").ToString());

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.123, 0.1231)]
    [InlineData(-5, 1234)]
    public void Ticks_are_a_few_round_numbers_within_their_range(double low, double high)
    {
        var ticks = Plot.Ticks(low, high).ToArray();
        Assert.InRange(ticks.Length, 2, 7);
        Assert.All(ticks, tick => Assert.InRange(tick, low - 1e-9, high + 1e-9));
    }

    [Theory]
    [InlineData("Colours")]
    [InlineData("Numbers")]
    public async Task Chromium_shows_it_without_a_word_of_complaint(string name)
    {
        var picture = folder.At("page.png");
        var errors = await Chromium.Show(Page(name), folder, picture);

        Assert.DoesNotContain("CONSOLE", errors, StringComparison.Ordinal);
        using var shown = SKBitmap.Decode(picture);
        // Something is seen: more than one colour in the upper part, where title and figures stand.
        var colours = Enumerable.Range(0, 400).Select(y => shown.GetPixel(60 + (y % 200), y)).Distinct().Count();
        Assert.True(colours > 3, $"{colours} colours");
    }

    private string Page(string name)
    {
        _ = name switch
        {
            "Colours" => trained.Pictures(), "Topics" => trained.Texts(), "Numbers" => trained.Translator(), _ => trained.Writer(),
        };
        return File.ReadAllText(trained.Folder.At($"{name}/{name}.report.html"));
    }

    [GeneratedRegex("id=\"([^\"]+)\"")]
    private static partial Regex Ids();

    [GeneratedRegex("href=\"#([^\"]*)\"")]
    private static partial Regex Anchors();

    [GeneratedRegex("src=\"data:image/[a-z]+;base64,([^\"]+)\"")]
    private static partial Regex Held();

    [GeneratedRegex("<img[^>]*>")]
    private static partial Regex Images();
}
