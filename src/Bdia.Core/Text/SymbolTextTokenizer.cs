using System.Text;
using System.Text.RegularExpressions;

namespace Bdia.Core.Text;

/// <summary>
/// A tokenizer with symbols that stay whole: text is cut at them first, and the rest goes to another tokenizer. Their ids stand behind its
/// own.
/// </summary>
internal sealed class SymbolTextTokenizer : ITextTokenizer, ISpelledTokenizer
{
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly Regex expression;

    /// <param name="rest">What cuts the text between symbols.</param>
    /// <param name="symbols">Symbols as normalised text has them; none is empty or stands twice.</param>
    public SymbolTextTokenizer(ITextTokenizer rest, IReadOnlyList<string> symbols)
    {
        (Rest, Symbols) = (rest, symbols);
        foreach (var symbol in symbols) ids.Add(symbol, Rest.Size + ids.Count);
        expression = Expression(symbols);
    }

    public ITextTokenizer Rest { get; }

    public IReadOnlyList<string> Symbols { get; }

    public int Size => Rest.Size + Symbols.Count;

    public TokenSpelling? Spelling => (Rest as ISpelledTokenizer)?.Spelling?.With(Symbols.Select(Encoding.UTF8.GetBytes));

    public int? UnknownId => Rest.UnknownId;

    /// <summary>What finds symbols in a text: the leftmost, and of those the longest.</summary>
    public static Regex Expression(IEnumerable<string> symbols) =>
        new(string.Join('|', symbols.OrderByDescending(symbol => symbol.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);

    /// <summary>Whether symbols are as the constructor takes them.</summary>
    public static bool CanUse(IReadOnlyList<string> symbols) =>
        symbols.All(symbol => !string.IsNullOrEmpty(symbol)) && symbols.Distinct(StringComparer.Ordinal).Count() == symbols.Count;

    public string Normalize(string text) => Rest.Normalize(text);

    public IReadOnlyList<int> Encode(string text)
    {
        text = Normalize(text);
        var result = new List<int>();
        var start = 0;
        foreach (var match in expression.EnumerateMatches(text))
        {
            AddRest(text[start..match.Index]);
            result.Add(ids[text.Substring(match.Index, match.Length)]);
            start = match.Index + match.Length;
        }

        AddRest(text[start..]);
        return result;

        void AddRest(string part)
        {
            if (part.Length > 0) result.AddRange(EncodeNormalized(part));
        }
    }

    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        var between = new List<int>(); // bytes of a character may come from several tokens: they are decoded together
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)Size) throw new ArgumentOutOfRangeException(nameof(ids), id, $"The tokenizer's ids are 0 to {Size - 1}.");
            if (id < Rest.Size)
            {
                between.Add(id);
                continue;
            }

            text.Append(Rest.Decode(between)).Append(Symbols[id - Rest.Size]);
            between.Clear();
        }

        return text.Append(Rest.Decode(between)).ToString();
    }

    // A part between symbols keeps the spaces at its ends.
    private IReadOnlyList<int> EncodeNormalized(string part) => Rest switch
    {
        BytePairTextTokenizer bytePair => bytePair.EncodeNormalized(part),
        LookupTextTokenizer lookup => lookup.EncodeNormalized(part),
        _ => throw new InvalidOperationException($"Symbols cannot be added to a tokenizer of class {Rest.GetType()}."),
    };
}
