namespace Bdia.Core.Text;

/// <summary>Cuts a normalised text into the pieces of a SentencePiece model.</summary>
internal interface ISegmenter
{
    /// <summary>Bytes and id of each piece, in order; together they are the whole text.</summary>
    IReadOnlyList<(int Length, int Id)> Cut(ReadOnlySpan<byte> text);
}
