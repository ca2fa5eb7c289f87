using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Reads pairs, as often as is needed, and makes sure that every pass gives the same.</summary>
/// <param name="pairs">The pairs.</param>
/// <param name="stop">Ends a pass.</param>
internal sealed class PairReader(ITextPairs pairs, StopSignal stop)
{
    private static readonly byte[] None = BitConverter.GetBytes(-1);

    /// <summary>SHA-256 of all texts; null before a pass is over.</summary>
    public string? Hash { get; private set; }

    /// <summary>One pass.</summary>
    /// <exception cref="InvalidDataException">It gave something else than the pass before.</exception>
    /// <exception cref="OperationCanceledException">It is time to stop.</exception>
    public IEnumerable<TextPair> Read()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var pair in pairs.Read())
        {
            stop.ThrowIfRequested();
            Append(sha, pair.Source);
            Append(sha, pair.Target);
            yield return pair;
        }

        var hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        Hash ??= hash;
        if (Hash != hash) throw new InvalidDataException(
            "The data changed between two passes. Give rows that stay the same and in the same order.");
    }

    private static void Append(IncrementalHash sha, string? text)
    {
        sha.AppendData(text is null ? None : BitConverter.GetBytes(text.Length));
        sha.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}
