namespace Bdia.Core.Text;

/// <summary>
/// The most probable cut of a text (Kudo, 2018), by dynamic programming over its bytes. A character that is no piece takes the unknown one,
/// 10 below the least probable piece; a user-defined symbol costs next to nothing, so that it always stays whole.
/// </summary>
/// <remarks>
/// Sums are kept in float32 and candidates compared in double, as SentencePiece does: with other roundings ties would fall otherwise.
/// </remarks>
internal sealed class UnigramSegmenter : ISegmenter
{
    private const float UnknownPenalty = 10;
    private const float LeastPositive = 1.17549435e-38f; // SentencePiece's FLT_MIN, where it looks for the greatest score

    private readonly SentencePieceVocabulary vocabulary;
    private readonly float greatest = LeastPositive;
    private readonly float unknown;

    public UnigramSegmenter(SentencePieceVocabulary vocabulary)
    {
        this.vocabulary = vocabulary;
        var least = float.MaxValue;
        foreach (var piece in vocabulary.Pieces)
        {
            if (piece.Kind != SentencePieceKind.Normal) continue;
            least = Math.Min(least, piece.Score);
            greatest = Math.Max(greatest, piece.Score);
        }

        unknown = least - UnknownPenalty;
    }

    public IReadOnlyList<(int Length, int Id)> Cut(ReadOnlySpan<byte> text)
    {
        var best = new End[text.Length + 1]; // the best cut of the bytes before each place
        for (var start = 0; start < text.Length;)
        {
            var character = Utf8.CharacterLength(text[start..]);
            var isPiece = false;
            var node = PieceTrie.Root;
            for (var end = start; end < text.Length && vocabulary.Texts.TryStep(ref node, text[end]);)
            {
                end++;
                if (vocabulary.Texts.Id(node) is var id && (id < 0 || vocabulary.Pieces[id].Kind == SentencePieceKind.Unused)) continue;
                best[end].Offer(start, id, Score(id, end - start) + best[start].Score);
                isPiece |= end - start == character;
            }

            if (!isPiece) best[start + character].Offer(start, vocabulary.UnknownId, unknown + best[start].Score);
            start += character;
        }

        var pieces = new List<(int Length, int Id)>();
        for (var end = text.Length; end > 0; end = best[end].Start) pieces.Add((end - best[end].Start, best[end].Id));
        pieces.Reverse();
        return pieces;
    }

    private double Score(int id, int length) =>
        vocabulary.Pieces[id] is { Kind: SentencePieceKind.UserDefined } ? length * greatest - 0.1 : vocabulary.Pieces[id].Score;

    /// <summary>The last piece of the best cut that ends at a place.</summary>
    private struct End
    {
        public int Start, Id;
        public float Score;
        private bool isSet;

        public void Offer(int start, int id, double score)
        {
            if (isSet && score <= Score) return;
            (Start, Id, Score, isSet) = (start, id, (float)score, true);
        }
    }
}
