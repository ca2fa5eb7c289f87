namespace Bdia.Core.Text;

/// <summary>
/// What a byte-pair tokenizer is: tokens by id and merges by rank, spelled in <see cref="ByteAlphabet"/>, and how text is cut into words.
/// </summary>
/// <param name="Tokens">Tokens by id.</param>
/// <param name="Merges">Pairs, first merged first.</param>
/// <param name="Words">How text is cut into words.</param>
internal sealed record BytePairModel(IReadOnlyList<string> Tokens, IReadOnlyList<(string Left, string Right)> Merges, WordRule Words)
{
    /// <summary>What is wrong with it, as a sentence; null where nothing is.</summary>
    public string? Fault()
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in Tokens)
            if (token.Length == 0 || !ids.Add(token)) return token.Length == 0 ? "A token is empty." : $"Token '{token}' stands twice.";
        for (var value = 0; value < 256; value++)
            if (ByteAlphabet.Character((byte)value) is var character && !ids.Contains(character.ToString()))
                return $"The vocabulary lacks '{character}', the token of byte 0x{value:x2}, so that some texts could not be written; a "
                    + "byte-level vocabulary (such as GPT-2's) has one token for each of the 256 bytes.";
        var pairs = new HashSet<(string, string)>();
        for (var rank = 0; rank < Merges.Count; rank++)
        {
            var (left, right) = Merges[rank];
            foreach (var token in (string[])[left, right, left + right])
                if (!ids.Contains(token)) return $"Merge {rank + 1}, '{left} {right}', needs the token '{token}', which the vocabulary "
                    + "lacks; vocabulary and merges must come from the same tokenizer.";
            if (!pairs.Add((left, right))) return $"Merge {rank + 1}, '{left} {right}', stands twice.";
        }

        return null;
    }
}
