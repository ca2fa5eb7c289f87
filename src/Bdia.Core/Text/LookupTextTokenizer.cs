using System.Text;

namespace Bdia.Core.Text;

/// <summary>Words or characters that are looked up whole; what the vocabulary lacks is written in bytes.</summary>
internal sealed class LookupTextTokenizer : ITextTokenizer, ISpelledTokenizer
{
    private readonly TokenBytes bytes;
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);

    /// <param name="level">Word or Character.</param>
    /// <param name="words">How text is cut into words, where words are looked up.</param>
    /// <param name="tokens">The 256 bytes in order, then words or characters, spelled in <see cref="ByteAlphabet"/>.</param>
    public LookupTextTokenizer(TokenLevel level, IReadOnlyList<string> tokens, TextNormalization normalization,
        WordRule words = WordRule.Trained)
    {
        Level = level;
        Words = words;
        Tokens = tokens;
        Normalization = normalization;
        bytes = new TokenBytes(tokens);
        for (var id = 256; id < tokens.Count; id++) ids.Add(Encoding.UTF8.GetString(ByteAlphabet.Read(tokens[id])), id);
    }

    public TokenLevel Level { get; }

    public WordRule Words { get; }

    public IReadOnlyList<string> Tokens { get; }

    public TextNormalization Normalization { get; }

    public int Size => bytes.Count;

    public TokenSpelling? Spelling => new(Tokens.Select(ByteAlphabet.Read));

    /// <summary>Whether tokens are as the constructor takes them.</summary>
    public static bool CanUse(IReadOnlyList<string> tokens) =>
        tokens.Count >= 256 && Enumerable.Range(0, 256).All(value => tokens[value] == ByteAlphabet.Spell([(byte)value]))
            && tokens.Distinct(StringComparer.Ordinal).Count() == tokens.Count;

    public string Normalize(string text) => Normalization.Apply(text);

    public IReadOnlyList<int> Encode(string text) => EncodeNormalized(Normalization.Apply(text));

    /// <summary>The ids of a text that is normalised already.</summary>
    public IReadOnlyList<int> EncodeNormalized(string text)
    {
        var ids = new List<int>();
        var known = this.ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<byte> bytes = stackalloc byte[TextUnits.MostBytes];
        foreach (var unit in new TextUnits(Level, Words, text))
        {
            if (known.TryGetValue(unit, out var id))
            {
                ids.Add(id);
                continue;
            }

            foreach (var value in bytes[..Encoding.UTF8.GetBytes(unit, bytes)]) ids.Add(value);
        }

        return ids;
    }

    public string Decode(IEnumerable<int> ids) => bytes.Decode(ids);
}
