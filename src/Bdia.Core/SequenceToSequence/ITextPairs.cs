namespace Bdia.Core.SequenceToSequence;

/// <summary>Rows of text pairs that can be read more than once, in the same order.</summary>
public interface ITextPairs
{
    /// <summary>Reads all rows from the first.</summary>
    IEnumerable<TextPair> Read();
}
