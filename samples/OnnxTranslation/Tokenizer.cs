using System.Text;
using System.Text.RegularExpressions;

namespace Bdia.Samples.OnnxTranslation;

/// <summary>Texts to tokens and back, as translator.json describes it.</summary>
internal sealed class Tokenizer
{
    private readonly TokenizerParts parts;
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), int> ranks = [];
    private readonly byte[][] bytes; // of tokens, then of symbols
    private readonly Regex? words;
    private readonly Regex? symbols;

    /// <exception cref="NotSupportedException">The tokenizer is of a kind that this program does not know.</exception>
    public Tokenizer(TokenizerParts parts)
    {
        if (parts.Tokens is null)
            throw new NotSupportedException($"The tokenizer is of kind {parts.Kind}; this program has BytePair, Word and Character. Give "
                + "its model file (translator.json has it) to SentencePiece.");
        if (parts.Normalization.Form is { } form)
            throw new NotSupportedException(
                $"The tokenizer brings texts to Unicode form {form}, for which this program is built without the tables.");
        this.parts = parts;
        foreach (var token in parts.Tokens) ids.Add(token, ids.Count);
        foreach (var merge in parts.Merges ?? []) ranks.Add((merge.Split(' ')[0], merge.Split(' ')[1]), ranks.Count);
        bytes = [.. parts.Tokens.Select(ByteAlphabet.Read), .. (parts.Symbols ?? []).Select(Encoding.UTF8.GetBytes)];
        words = parts.Pattern is null ? null : new Regex(parts.Pattern, RegexOptions.CultureInvariant);
        if (parts.Symbols is { Count: > 0 } whole)
            symbols = new Regex(string.Join('|', whole.OrderByDescending(symbol => symbol.Length).Select(Regex.Escape)),
                RegexOptions.CultureInvariant);
    }

    /// <summary>The tokens of a text; none for one of which normalisation leaves nothing.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        text = Normalized(text);
        var tokens = new List<int>();
        var start = 0;
        foreach (Match match in symbols?.Matches(text) ?? Enumerable.Empty<Match>())
        {
            AddWords(text[start..match.Index]);
            tokens.Add(parts.Tokens!.Count + parts.Symbols!.ToList().IndexOf(match.Value));
            start = match.Index + match.Length;
        }

        AddWords(text[start..]);
        return tokens;

        void AddWords(string part)
        {
            foreach (var word in words?.Matches(part).Select(match => match.Value) ?? part.EnumerateRunes().Select(rune => rune.ToString()))
                tokens.AddRange(parts.Kind == "BytePair" ? Merged(word) : LookedUp(word));
        }
    }

    /// <summary>The text of tokens.</summary>
    public string Decode(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(token => bytes[token])]);

    // Lone surrogates become U+FFFD; then lower case; then white space and control characters are one space, and none at the ends.
    private string Normalized(string text)
    {
        text = string.Concat(text.EnumerateRunes());
        if (parts.Normalization.LowerCase) text = text.ToLowerInvariant();
        if (!parts.Normalization.CollapseWhiteSpace) return text;
        var visible = string.Concat(text.Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? ' ' : c));
        return string.Join(' ', visible.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    // Byte pairs: of all neighbours those that were merged first in training are merged first.
    private IEnumerable<int> Merged(string word)
    {
        var pieces = ByteAlphabet.Spell(word).Select(character => character.ToString()).ToList();
        while (true)
        {
            var (best, at) = (int.MaxValue, -1);
            for (var i = 0; i + 1 < pieces.Count; i++)
                if (ranks.TryGetValue((pieces[i], pieces[i + 1]), out var rank) && rank < best) (best, at) = (rank, i);
            if (at < 0) return pieces.Select(piece => ids[piece]);
            pieces[at] += pieces[at + 1];
            pieces.RemoveAt(at + 1);
        }
    }

    // Words or characters that the vocabulary has, and the bytes of others.
    private IEnumerable<int> LookedUp(string unit)
    {
        var spelled = ByteAlphabet.Spell(unit);
        return ids.TryGetValue(spelled, out var id) && id >= 256 ? [id] : spelled.Select(character => ids[character.ToString()]);
    }
}
