using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Reads pairs, as often as is needed, and makes sure that every pass gives the same.</summary>
/// <param name="pairs">The pairs.</param>
/// <param name="stop">Ends a pass.</param>
internal sealed class PairReader(ITextPairs pairs, StopSignal stop)
{
    private readonly RepeatedRows<TextPair> rows = new(pairs.Read, (sha, pair) =>
    {
        sha.Append(pair.Source);
        sha.Append(pair.Target);
    }, stop);

    /// <inheritdoc cref="RepeatedRows{TRow}.Hash"/>
    public string? Hash => rows.Hash;

    /// <inheritdoc cref="RepeatedRows{TRow}.Read"/>
    public IEnumerable<TextPair> Read() => rows.Read();
}
