using System.Text;
using Bdia.Core.Automata;
using CsCheck;

namespace Bdia.Core.Tests.Automata;

public class TextMatcherTests
{
    // Two letters, one of two bytes: texts overlap, and are ends and beginnings of one another.
    private static readonly Gen<string> AnyText = Gen.OneOf<string>("a", "b", "é").Array[1, 4].Select(string.Concat);

    [Fact]
    public void It_stands_at_an_end_exactly_where_what_came_ends_with_one_of_the_texts()
        => Gen.Select(AnyText.Array[1, 5], Gen.OneOf<string>("a", "b", "é").Array[0, 30].Select(string.Concat)).Sample((texts, read) =>
        {
            var matcher = new TextMatcher(texts);
            var (bytes, state) = (Encoding.UTF8.GetBytes(read), 0);
            for (var i = 0; i < bytes.Length; i++)
            {
                state = matcher.Next(state, bytes[i]);
                Assert.Equal(texts.Any(text => bytes.AsSpan(0, i + 1).EndsWith(Encoding.UTF8.GetBytes(text))), matcher.Ends(state));
            }
        }, iter: 500);
}
