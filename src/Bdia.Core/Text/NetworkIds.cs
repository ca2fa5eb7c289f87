
namespace Bdia.Core.Text;

/// <summary>From text to the ids that a network reads and writes, and back.</summary>
internal static class NetworkIds
{
    /// <summary>Ids that a network needs for a tokenizer.</summary>
    public static int Vocabulary(ITextTokenizer tokenizer) => tokenizer.Size + SpecialTokens.Count;

    /// <summary>Tokens and end token of a text; the end token alone for a text of which normalisation leaves nothing.</summary>
    public static int[] Of(ITextTokenizer tokenizer, string text)
    {
        var tokens = tokenizer.Encode(text);
        var ids = new int[tokens.Count + 1];
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i] < 0 || tokens[i] >= tokenizer.Size)
                throw new InvalidDataException(
                    $"The tokenizer gave the id {tokens[i]}, but says that it has {tokenizer.Size} tokens: ids are "
                    + $"0..{tokenizer.Size - 1}. Use a tokenizer that keeps to its own size.");
            ids[i] = tokens[i] + SpecialTokens.Count;
        }

        ids[^1] = SpecialTokens.End;
        return ids;
    }

    /// <summary>A source of at most some ids: tokens are cut off, the end token stays.</summary>
    public static int[] CutSource(int[] ids, int longest) => ids.Length <= longest ? ids : [.. ids[..(longest - 1)], SpecialTokens.End];

    /// <summary>
    /// A target of at most some ids: what is cut off takes the end token along, so that the network does not learn to stop in the middle.
    /// </summary>
    public static int[] CutTarget(int[] ids, int longest) => ids.Length <= longest ? ids : ids[..longest];

    /// <summary>The text of ids; special ones say nothing.</summary>
    public static string Text(ITextTokenizer tokenizer, IEnumerable<int> ids)
        => tokenizer.Decode(ids.Where(id => id >= SpecialTokens.Count).Select(id => id - SpecialTokens.Count));
}
