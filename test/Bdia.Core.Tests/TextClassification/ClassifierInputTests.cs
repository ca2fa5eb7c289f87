using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using CsCheck;

namespace Bdia.Core.Tests.TextClassification;

public class ClassifierInputTests
{
    private static readonly ITextTokenizer tokenizer =
        TextTokenizer.Train(["a b", "a b"], new() { TokenLevel = TokenLevel.Word });

    private static string Text(int words) => string.Join(' ', Enumerable.Repeat("a", words));

    private static ClassifierInput Of(string? text, string? second, bool pairs, int most)
        => ClassifierInput.Of(tokenizer, text, second, pairs, most);

    [Fact]
    public void A_row_is_its_texts_each_with_an_end_and_at_most_so_long_with_the_longer_text_cut_first()
        => Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Int[2, 20]).Sample((first, second, most) =>
        {
            var whole = Of(Text(first), Text(second), pairs: true, int.MaxValue);
            var input = Of(Text(first), Text(second), pairs: true, most);
            Assert.Equal(whole.Ids.Length, whole.Tokens);
            Assert.Equal(whole.Tokens, input.Tokens);
            Assert.Equal(Math.Min(most, whole.Tokens), input.Ids.Length);
            var end = Array.IndexOf(input.Ids, SpecialTokens.End);
            Assert.Equal(SpecialTokens.End, input.Ids[^1]);
            Assert.Equal(2, input.Ids.Count(id => id == SpecialTokens.End));
            var (a, b) = (end + 1, input.Ids.Length - end - 1);
            var (wholeA, wholeB) = (Array.IndexOf(whole.Ids, SpecialTokens.End) + 1, 0);
            wholeB = whole.Ids.Length - wholeA;
            // A text that lost something is as long as the other one, or longer, but for one token.
            if (a < wholeA) Assert.InRange(a, b - 1, int.MaxValue);
            if (b < wholeB) Assert.InRange(b, a - 1, int.MaxValue);
        });

    [Fact]
    public void A_single_text_keeps_its_end_when_it_is_cut()
    {
        var input = Of(Text(9), null, pairs: false, 4);

        Assert.Equal((4, SpecialTokens.End), (input.Ids.Length, input.Ids[^1]));
        Assert.True(input.Tokens > 9);
    }

    [Theory]
    [InlineData("", "", true)]
    [InlineData(null, null, true)]
    [InlineData(" \t", "\n", true)]
    [InlineData("a", "", false)]
    [InlineData("", "b", false)]
    public void A_pair_is_empty_where_both_texts_are(string? text, string? second, bool isEmpty)
        => Assert.Equal(isEmpty, Of(text, second, pairs: true, 20).IsEmpty);
}
