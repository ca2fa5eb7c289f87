using System.Text;
using System.Text.RegularExpressions;
using Bdia.Core.Automata;
using CsCheck;

namespace Bdia.Core.Tests.Automata;

/// <summary>Patterns, held to .NET's own regular expressions on whole texts.</summary>
public class PatternTests
{
    private static readonly Gen<string> Atom = Gen.OneOf<string>("a", "b", "é", "😀", ".", "[ab]", "[^a]", "[a-cé-ü]", "\\d", "[\\s_]",
        "\\.", "\\u00e9", "(?:ab|)");

    private static readonly Gen<string> AnyPattern = Gen.Recursive<string>((depth, inner) => depth > 3 ? Atom : Gen.OneOf(
        Atom, Gen.Select(inner, inner, (a, b) => a + b), Gen.Select(inner, inner, (a, b) => $"({a}|{b})"),
        Gen.Select(inner, Gen.OneOf<string>("*", "+", "?", "{2}", "{1,}", "{0,2}"), (a, times) => $"(?:{a}){times}")));

    private static readonly Gen<string> AnyText = Gen.OneOf<string>("a", "b", "c", "é", "ü", "😀", "1", " ", "_", "\n", ".").Array[0, 6]
        .Select(string.Concat);

    internal static bool Fits(IByteAutomaton automaton, string text)
    {
        var state = automaton.Start;
        foreach (var value in Encoding.UTF8.GetBytes(text))
            if ((state = automaton.Next(state, value)) == IByteAutomaton.Dead) return false;
        return automaton.MayEnd(state);
    }

    // .NET takes a character beyond the BMP for two.
    private static string ForNet(string pattern) => pattern.Replace(".", "(?:[^\n\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])",
            StringComparison.Ordinal).Replace("\\(?:[^\n\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])", "\\.", StringComparison.Ordinal)
        .Replace("[^a]", "(?:[^a\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])", StringComparison.Ordinal)
        .Replace("😀", "(?:😀)", StringComparison.Ordinal);

    [Fact]
    public void They_fit_the_texts_that_regular_expressions_fit()
        => Gen.Select(AnyPattern, AnyText.Array[20]).Sample((pattern, texts) =>
        {
            var automaton = new ByteAutomaton(PatternParser.Parse(pattern));
            var expected = new Regex($@"\A(?:{ForNet(pattern)})\z", RegexOptions.CultureInvariant);
            foreach (var text in texts) Assert.True(expected.IsMatch(text) == Fits(automaton, text), $"{pattern} on '{text}'");
        }, iter: 300);

    [Fact]
    public void Every_state_leads_on_to_a_text_that_may_end()
        => AnyPattern.Sample(pattern =>
        {
            var automaton = new ByteAutomaton(PatternParser.Parse(pattern));
            var (known, open, back) = (new HashSet<int> { automaton.Start }, new Queue<int>([automaton.Start]),
                new Dictionary<int, List<int>>());
            while (open.TryDequeue(out var state))
                for (var value = 0; value < 256; value++)
                    if (automaton.Next(state, (byte)value) is >= 0 and var next)
                    {
                        if (!back.TryGetValue(next, out var before)) back.Add(next, before = []);
                        before.Add(state);
                        if (known.Add(next)) open.Enqueue(next);
                    }

            var good = new HashSet<int>(known.Where(automaton.MayEnd));
            var queue = new Queue<int>(good);
            while (queue.TryDequeue(out var state))
                foreach (var before in back.GetValueOrDefault(state, []))
                    if (good.Add(before)) queue.Enqueue(before);
            Assert.Equal(known.Order(), good.Order());
        }, iter: 100);

    [Fact]
    public void Ranges_of_code_points_are_the_same_bytes()
        => Gen.Select(Gen.Int[0, Utf8Ranges.Last], Gen.Int[0, Utf8Ranges.Last], Gen.Int[0, Utf8Ranges.Last].Array[30])
            .Sample((a, b, others) =>
        {
            var (from, to) = (Math.Min(a, b), Math.Max(a, b));
            var automaton = new ByteAutomaton(new Grammar.Character([(from, to)]));
            foreach (var point in others.Concat([from, to, Math.Max(0, from - 1), Math.Min(Utf8Ranges.Last, to + 1)])
                .Where(point => point is < 0xD800 or > 0xDFFF))
                Assert.Equal(point >= from && point <= to, Fits(automaton, char.ConvertFromUtf32(point)));
        }, iter: 300);

    [Theory]
    [InlineData("(", "'(' without ')'")]
    [InlineData("a)", "')' without '('")]
    [InlineData("[a", "'[' without ']'")]
    [InlineData("^a", "'^', which is not needed")]
    [InlineData("a$", "'$', which is not needed")]
    [InlineData("a*?", "a lazy or possessive quantifier")]
    [InlineData("(?=a)", "'(?' with something other than ':'")]
    [InlineData("\\b", "'\\b', which is not understood")]
    [InlineData("\\p{L}", "'\\p', which is not understood")]
    [InlineData("(a)\\1", "'\\1', which is not understood")]
    [InlineData("+a", "'+' with nothing before it")]
    [InlineData("a{,3}", "'{' that begins no {n}")]
    [InlineData("a{3,2}", "at most fewer times than at least")]
    [InlineData("a{1001}", "more than 1000 times")]
    [InlineData("[b-a]", "whose end is before its beginning")]
    [InlineData("\\", "ends with '\\'")]
    [InlineData("\\u12", "without 4 hexadecimal digits")]
    [InlineData("((((a{500}){500}){500}))", "more than 200000 parts")]
    public void What_is_not_understood_is_refused_with_what_and_where(string pattern, string words)
    {
        var fault = Assert.Throws<FormatException>(() => new ByteAutomaton(PatternParser.Parse(pattern))).Message;
        Assert.Contains(words, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void An_automaton_of_too_many_states_says_so()
    {
        var automaton = new ByteAutomaton(PatternParser.Parse("[ab]*a[ab]{30}"));
        var fault = Assert.Throws<InvalidOperationException>(() =>
        {
            var random = new Random(1);
            for (var (state, i) = (automaton.Start, 0); i < 1_000_000; i++) state = automaton.Next(state, (byte)"ab"[random.Next(2)]);
        });
        Assert.Contains("needs more than 20000 states", fault.Message, StringComparison.Ordinal);
    }
}
