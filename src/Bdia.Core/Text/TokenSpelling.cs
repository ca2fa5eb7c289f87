namespace Bdia.Core.Text;

/// <summary>What each token of a tokenizer adds to a text, in bytes of UTF-8: for whoever decides by texts which token may come.</summary>
internal sealed class TokenSpelling
{
    private readonly byte[][] tokens;
    private readonly HashSet<int> droppable;
    private readonly bool dropsAll;

    /// <param name="tokens">The bytes of tokens by id; none for a token that writes nothing.</param>
    /// <param name="droppable">Tokens that begin with a space which they lose where a text begins with them; null = none.</param>
    /// <param name="dropsAll">Whether they lose it as long as nothing is written, and not only the first of them.</param>
    public TokenSpelling(IEnumerable<byte[]> tokens, IEnumerable<int>? droppable = null, bool dropsAll = false)
        => (this.tokens, this.droppable, this.dropsAll) = ([.. tokens], [.. droppable ?? []], dropsAll);

    /// <summary>Number of tokens.</summary>
    public int Count => tokens.Length;

    /// <summary>The same with tokens more, behind the others.</summary>
    public TokenSpelling With(IEnumerable<byte[]> more) => new(tokens.Concat(more), droppable, dropsAll);

    /// <summary>What a token adds.</summary>
    /// <param name="id">The tokenizer's id.</param>
    /// <param name="atStart">Whether nothing is written yet; afterwards, whether that is still so.</param>
    public ReadOnlySpan<byte> Bytes(int id, ref bool atStart)
    {
        ReadOnlySpan<byte> bytes = tokens[id];
        if (atStart && droppable.Contains(id))
        {
            bytes = bytes[1..];
            atStart = dropsAll;
        }

        if (!bytes.IsEmpty) atStart = false;
        return bytes;
    }
}
