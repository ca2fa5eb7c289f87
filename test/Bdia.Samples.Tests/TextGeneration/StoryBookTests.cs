using Bdia.Samples.TextGeneration.Stories;

namespace Bdia.Samples.Tests.TextGeneration;

public class StoryBookTests
{
    [Fact]
    public void Every_story_ends_as_it_must_and_none_is_told_twice_or_on_both_sides()
    {
        var (train, test) = (StoryBook.Rows(2000, 1, isTest: false), StoryBook.Rows(300, 1, isTest: true));
        foreach (var row in train.Concat(test))
        {
            var numbers = row.Text.Split(' ', ',', '.').Where(word => int.TryParse(word, out _)).Select(int.Parse).ToArray();
            var change = row.Text.Contains("gets", StringComparison.Ordinal) ? numbers[1] : -numbers[1];
            Assert.Equal((numbers[0] + change, $" {numbers[2]}."), (numbers[2], row.Answer));
            var prompt = StoryBook.Prompt(row);
            Assert.Equal(row.Text, prompt.Text + prompt.Answer);
        }

        Assert.Equal(2300, train.Concat(test).Select(row => row.Text).Distinct().Count());
        Assert.Equal(train.Take(50).Select(row => row.Text), StoryBook.Rows(50, 1, isTest: false).Select(row => row.Text));
        Assert.NotEqual(train[0].Text, StoryBook.Rows(1, 2, isTest: false)[0].Text);
    }

    [Fact]
    public void The_bits_of_chance_are_those_of_equally_probable_stories()
    {
        // 12 names, 8 things, and for each of 1..12 things so many that may go, and 12 that may come.
        var pairs = Enumerable.Range(1, 12).Sum(has => has + 12);
        Assert.Equal(Math.Log2(12 * 8 * pairs), StoryBook.Bits, 12);
    }
}
