using System.Security.Cryptography;

namespace Bdia.Core.Text;

/// <summary>Knows a tokenizer again by what it does.</summary>
internal static class TokenizerHash
{
    /// <summary>SHA-256 of a tokenizer as it is saved.</summary>
    /// <remarks>Also finds one that cannot be saved now, and not after hours of training.</remarks>
    /// <param name="tokenizer">Any.</param>
    /// <param name="name">The option that gave it, for the message.</param>
    /// <exception cref="ArgumentException">It cannot be saved.</exception>
    public static string Of(ITextTokenizer tokenizer, string name)
    {
        using var stream = new MemoryStream();
        try
        {
            TextTokenizer.Save(tokenizer, stream);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"{name} cannot be saved, and so could no model that is trained with it: {fault.Message}", fault);
        }

        return Convert.ToHexStringLower(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
    }
}
