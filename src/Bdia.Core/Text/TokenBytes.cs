using System.Buffers;
using System.Text;

namespace Bdia.Core.Text;

/// <summary>The bytes of every token: what decoding joins.</summary>
internal sealed class TokenBytes
{
    private readonly byte[][] tokens;

    /// <param name="tokens">The bytes of tokens by id.</param>
    public TokenBytes(IEnumerable<byte[]> tokens) => this.tokens = [.. tokens];

    /// <param name="tokens">Tokens by id, spelled in <see cref="ByteAlphabet"/>.</param>
    public TokenBytes(IEnumerable<string> tokens)
        : this(tokens.Select(ByteAlphabet.Read))
    {
    }

    /// <summary>Number of tokens.</summary>
    public int Count => tokens.Length;

    /// <summary>The text of ids; bytes that are no valid UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is no token's.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        // Bytes of a character may come from several tokens: text is made of all of them at the end.
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)tokens.Length)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The tokenizer's ids are 0 to {tokens.Length - 1}.");
            bytes.Write(tokens[id]);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
