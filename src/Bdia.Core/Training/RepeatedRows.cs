using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bdia.Core.Training;

/// <summary>Reads rows, as often as is needed, and makes sure that every pass gives the same.</summary>
/// <param name="rows">Opens a pass.</param>
/// <param name="append">Adds what a row says to a hash.</param>
/// <param name="stop">Ends a pass.</param>
internal sealed class RepeatedRows<TRow>(Func<IEnumerable<TRow>> rows, Action<IncrementalHash, TRow> append, StopSignal stop)
{
    /// <summary>SHA-256 of all rows; null before a pass is over.</summary>
    public string? Hash { get; private set; }

    /// <summary>One pass.</summary>
    /// <exception cref="InvalidDataException">It gave something else than the pass before.</exception>
    /// <exception cref="OperationCanceledException">It is time to stop.</exception>
    public IEnumerable<TRow> Read()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows())
        {
            stop.ThrowIfRequested();
            append(sha, row);
            yield return row;
        }

        var hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        Hash ??= hash;
        if (Hash != hash) throw new InvalidDataException(
            "The data changed between two passes. Give rows that stay the same and in the same order.");
    }
}

/// <summary>How values go into the hash of a row, so that no two rows give the same bytes.</summary>
internal static class RowHash
{
    private static readonly byte[] None = BitConverter.GetBytes(-1);

    /// <summary>A string, or that there is none.</summary>
    public static void Append(this IncrementalHash sha, string? text)
    {
        sha.AppendData(text is null ? None : BitConverter.GetBytes(text.Length));
        sha.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    /// <summary>A number.</summary>
    public static void Append(this IncrementalHash sha, int number) => sha.AppendData(BitConverter.GetBytes(number));
}
