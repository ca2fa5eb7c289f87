using System.Text;
using System.Text.RegularExpressions;

namespace Bdia.Core.Text;

/// <summary>
/// A byte-pair tokenizer with tokens that stay whole wherever a text has them: the text is cut at them before anything is done to it, as
/// Hugging Face's tokenizers do with their added tokens.
/// </summary>
internal sealed class AddedTokenTextTokenizer : ITextTokenizer
{
    private readonly Dictionary<int, string> texts;
    private readonly Regex expression;

    /// <param name="rest">What cuts the text between added tokens; its vocabulary has their ids.</param>
    /// <param name="added">Tokens and their ids; at least one.</param>
    public AddedTokenTextTokenizer(BytePairTextTokenizer rest, IReadOnlyDictionary<string, int> added)
    {
        (Rest, Added) = (rest, added);
        texts = added.ToDictionary(pair => pair.Value, pair => pair.Key);
        expression = SymbolTextTokenizer.Expression(added.Keys);
    }

    public BytePairTextTokenizer Rest { get; }

    public IReadOnlyDictionary<string, int> Added { get; }

    public int Size => Rest.Size;

    /// <summary>Whether added tokens are as the constructor takes them.</summary>
    public static bool CanUse(IReadOnlyDictionary<string, int> added, int size)
        => added.Count > 0 && added.All(pair => pair.Key.Length > 0 && pair.Value >= 0 && pair.Value < size)
            && added.Values.Distinct().Count() == added.Count;

    public string Normalize(string text)
    {
        var result = new StringBuilder();
        Cut(text, part => result.Append(Rest.Normalize(part)), token => result.Append(token));
        return result.ToString();
    }

    public IReadOnlyList<int> Encode(string text)
    {
        var result = new List<int>();
        Cut(text, part => result.AddRange(Rest.Encode(part)), token => result.Add(Added[token]));
        return result;
    }

    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        var between = new List<int>(); // bytes of a character may come from several tokens: they are decoded together
        foreach (var id in ids)
        {
            if (!texts.TryGetValue(id, out var token))
            {
                between.Add(id);
                continue;
            }

            text.Append(Rest.Decode(between)).Append(token);
            between.Clear();
        }

        return text.Append(Rest.Decode(between)).ToString();
    }

    private void Cut(string text, Action<string> part, Action<string> token)
    {
        ArgumentNullException.ThrowIfNull(text);
        var start = 0;
        foreach (var match in expression.EnumerateMatches(text))
        {
            if (match.Index > start) part(text[start..match.Index]);
            token(text.Substring(match.Index, match.Length));
            start = match.Index + match.Length;
        }

        if (start < text.Length) part(text[start..]);
    }
}
