using System.Globalization;

namespace Bdia.Core.Automata;

/// <summary>
/// Reads a regular expression of the kind that describes whole texts: characters, ".", classes, groups, "|", and the quantifiers *, +, ?,
/// {n}, {n,} and {n,m}. \d, \w and \s are ASCII's; "." is any character but a line feed. Whatever says more (anchors, lookaround,
/// references to groups, lazy quantifiers, Unicode categories) is refused.
/// </summary>
internal sealed class PatternParser
{
    private const int MostRepetitions = 1000, MostDepth = 100;

    private static readonly (int From, int To)[] Digits = [('0', '9')];
    private static readonly (int From, int To)[] WordCharacters = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    private static readonly (int From, int To)[] Spaces = [('\t', '\r'), (' ', ' ')];

    private readonly string pattern;
    private int at, depth;

    private PatternParser(string pattern) => this.pattern = pattern;

    /// <summary>The texts that a pattern describes, from beginning to end.</summary>
    /// <exception cref="FormatException">It is none that is understood; the message says what, and where, to follow "it".</exception>
    public static Grammar Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var grammar = parser.Choice();
        return parser.at == pattern.Length ? grammar : throw parser.Fault("has ')' without '('");
    }

    private bool IsAt(char c) => at < pattern.Length && pattern[at] == c;

    private bool Take(char c)
    {
        if (!IsAt(c)) return false;
        at++;
        return true;
    }

    private Grammar Choice()
    {
        if (++depth > MostDepth) throw Fault($"has more than {MostDepth} groups within each other");
        var parts = new List<Grammar> { Sequence() };
        while (Take('|')) parts.Add(Sequence());
        depth--;
        return parts.Count == 1 ? parts[0] : new Grammar.Choice(parts);
    }

    private Grammar Sequence()
    {
        var parts = new List<Grammar>();
        while (at < pattern.Length && !IsAt('|') && !IsAt(')')) parts.Add(Quantified(Part()));
        return parts.Count == 1 ? parts[0] : new Grammar.Sequence(parts);
    }

    private Grammar Part()
    {
        switch (pattern[at])
        {
            case '(':
                at++;
                if (Take('?') && !Take(':')) throw Fault("has '(?' with something other than ':', which is not understood");
                var group = Choice();
                return Take(')') ? group : throw Fault("has '(' without ')'");
            case '[':
                at++;
                return new Grammar.Character(Class());
            case '.':
                at++;
                return new Grammar.Character([(0, '\n' - 1), ('\n' + 1, Utf8Ranges.Last)]);
            case '^' or '$':
                throw Fault($"has '{pattern[at]}', which is not needed: it describes the whole text");
            case '*' or '+' or '?' or '{':
                throw Fault($"has '{pattern[at]}' with nothing before it to repeat");
            case '\\':
                return new Grammar.Character(Escape());
            default:
                var character = CodePoint();
                return new Grammar.Character([(character, character)]);
        }
    }

    private Grammar Quantified(Grammar part)
    {
        while (at < pattern.Length)
        {
            (int Least, int? Most)? times = pattern[at] switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                '{' => Braces(),
                _ => null,
            };
            if (times is not { } found) return part;
            at++;
            if (IsAt('?') || IsAt('+')) throw Fault("has a lazy or possessive quantifier, which describes no other texts; leave it out");
            part = new Grammar.Repetition(part, found.Least, found.Most);
        }

        return part;
    }

    // Ends at the closing brace.
    private (int Least, int? Most) Braces()
    {
        var close = pattern.IndexOf('}', at);
        var numbers = close < 0 ? [] : pattern[(at + 1)..close].Split(',');
        if (numbers.Length is not (1 or 2) || !Number(numbers[0], out var least) || (numbers.Length == 2 && numbers[1].Length > 0
            && !Number(numbers[1], out _))) throw Fault("has '{' that begins no {n}, {n,} or {n,m}; write '\\{' for the character");
        int? most = numbers.Length == 1 ? least : numbers[1].Length == 0 ? null : int.Parse(numbers[1], CultureInfo.InvariantCulture);
        if (least > MostRepetitions || most > MostRepetitions) throw Fault($"repeats more than {MostRepetitions} times");
        if (most < least) throw Fault("repeats at most fewer times than at least");
        at = close;
        return (least, most);

        static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private List<(int From, int To)> Class()
    {
        var isNegated = Take('^');
        var ranges = new List<(int From, int To)>();
        do
        {
            if (at >= pattern.Length) throw Fault("has '[' without ']'");
            var (first, isSet) = Element(ranges);
            if (isSet) continue;
            if (!IsAt('-') || at + 1 >= pattern.Length || pattern[at + 1] == ']')
            {
                ranges.Add((first, first));
                continue;
            }

            at++;
            var (last, isSetToo) = Element(ranges);
            if (isSetToo || last < first) throw Fault("has a range in '[]' whose end is before its beginning, or no character");
            ranges.Add((first, last));
        }
        while (!Take(']'));
        var found = isNegated ? Others(ranges) : ranges;
        return found.Count > 0 ? found : throw Fault("has '[^]' that leaves no character");
    }

    // A character of a class, or a set such as \d, which is added.
    private (int Character, bool IsSet) Element(List<(int From, int To)> ranges)
    {
        if (!IsAt('\\')) return (CodePoint(), false);
        var escaped = Escape();
        if (escaped is [var (from, to)] && from == to) return (from, false);
        ranges.AddRange(escaped);
        return (0, true);
    }

    private IReadOnlyList<(int From, int To)> Escape()
    {
        at++;
        if (at >= pattern.Length) throw Fault("ends with '\\'");
        var c = pattern[at++];
        switch (c)
        {
            case 'd': return Digits;
            case 'w': return WordCharacters;
            case 's': return Spaces;
            case 'D': return Others(Digits);
            case 'W': return Others(WordCharacters);
            case 'S': return Others(Spaces);
            case 'n': return [('\n', '\n')];
            case 'r': return [('\r', '\r')];
            case 't': return [('\t', '\t')];
            case 'u' or 'x':
                var digits = c == 'u' ? 4 : 2;
                if (at + digits > pattern.Length || !int.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out var code) || code is >= 0xD800 and <= 0xDFFF)
                    throw Fault($"has '\\{c}' without {digits} hexadecimal digits of a character");
                at += digits;
                return [(code, code)];
            default:
                if (char.IsAsciiLetterOrDigit(c)) throw Fault($"has '\\{c}', which is not understood");
                return [(c, c)];
        }
    }

    private int CodePoint()
    {
        if (char.IsSurrogate(pattern[at]) && (at + 1 == pattern.Length || !char.IsSurrogatePair(pattern[at], pattern[at + 1])))
            throw Fault("has half of a character");
        var character = char.ConvertToUtf32(pattern, at);
        at += character > char.MaxValue ? 2 : 1;
        return character;
    }

    private static List<(int From, int To)> Others(IEnumerable<(int From, int To)> ranges)
    {
        var (others, first) = (new List<(int From, int To)>(), 0);
        foreach (var (from, to) in ranges.Order())
        {
            if (from > first) others.Add((first, from - 1));
            first = Math.Max(first, to + 1);
        }

        if (first <= Utf8Ranges.Last) others.Add((first, Utf8Ranges.Last));
        return others;
    }

    private FormatException Fault(string what) => new($"it {what} (at character {Math.Min(at, pattern.Length) + 1})");
}
