using Bdia.Core.Text;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// Pairs of sequences as the network's ids: sources with their end token, targets as they are to be written (with their end token unless
/// they were cut off).
/// </summary>
internal sealed class SequenceRows(int sourceVocabulary, int targetVocabulary)
{
    /// <summary>What the encoder reads.</summary>
    public TokenStore Source { get; } = new(sourceVocabulary);

    /// <summary>What the decoder is to write.</summary>
    public TokenStore Target { get; } = new(targetVocabulary);

    /// <summary>Number of pairs.</summary>
    public int Count => Source.Count;

    /// <summary>Appends a pair.</summary>
    public void Add(ReadOnlySpan<int> source, ReadOnlySpan<int> target)
    {
        Source.Add(source);
        Target.Add(target);
    }
}
