using Bdia.Core.Text;

namespace Bdia.Core.Decoding;

/// <summary>From what a decoder has written to text.</summary>
internal static class WrittenText
{
    /// <summary>The ids of <see cref="DecodingOptions.Prefix"/>, without end token.</summary>
    public static int[] Prefix(ITextTokenizer tokenizer, DecodingOptions options)
        => options.Prefix.Length == 0 ? [] : NetworkIds.Of(tokenizer, options.Prefix)[..^1];

    /// <summary>The text of a hypothesis: the prefix, and what follows up to a stop text.</summary>
    /// <param name="tokenizer">Of the text.</param>
    /// <param name="prompt">What it was to begin with, which is no part of the result.</param>
    /// <param name="options">As it was decoded with.</param>
    /// <param name="hypothesis">The hypothesis.</param>
    public static string Of(ITextTokenizer tokenizer, IReadOnlyList<int> prompt, DecodingOptions options, Hypothesis hypothesis)
    {
        int[] prefix = Prefix(tokenizer, options), given = [.. prompt, .. prefix];
        return Behind(tokenizer, prompt, prefix) + UpToStop(Behind(tokenizer, given, hypothesis.Ids), options.StopTexts);
    }

    // Tokens may write something else at the start of a text than behind others: what they add to it is what they write.
    private static string Behind(ITextTokenizer tokenizer, IReadOnlyList<int> before, IReadOnlyList<int> ids)
    {
        if (ids.Count == 0 || before.Count == 0) return NetworkIds.Text(tokenizer, ids);
        var (start, whole) = (NetworkIds.Text(tokenizer, before), NetworkIds.Text(tokenizer, before.Concat(ids)));
        // not where bytes on both sides make one character
        return whole.StartsWith(start, StringComparison.Ordinal) ? whole[start.Length..] : NetworkIds.Text(tokenizer, ids);
    }

    private static string UpToStop(string text, IReadOnlyList<string> stops)
    {
        var end = text.Length;
        foreach (var stop in stops)
            if (text.IndexOf(stop, StringComparison.Ordinal) is >= 0 and var at) end = Math.Min(end, at);
        return text[..end];
    }
}
