namespace Bdia.Core.Text;

/// <summary>
/// Byte-pair merging as SentencePiece does it: of all neighbours that make a piece together those of the greatest score become one, the
/// leftmost first. User-defined symbols are never merged. A merged piece that is marked unused is taken apart again in the end.
/// </summary>
internal sealed class SentencePieceMerger(SentencePieceVocabulary vocabulary) : ISegmenter
{
    private const int None = -1;

    private static readonly Comparer<(float Score, int Left)> GreatestFirst = Comparer<(float Score, int Left)>.Create(
        (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Left.CompareTo(b.Left));

    public IReadOnlyList<(int Length, int Id)> Cut(ReadOnlySpan<byte> text)
    {
        var symbols = Characters(text);
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)>(GreatestFirst);
        var parts = new Dictionary<int, int>(); // bytes of the left part of unused pieces, by their id
        for (var right = 1; right < symbols.Length; right++) Offer(text, right - 1, right);
        while (queue.TryDequeue(out var pair, out _))
        {
            ref var left = ref symbols[pair.Left];
            ref var right = ref symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length) continue; // merged otherwise since
            left.Length += right.Length;
            left.Next = right.Next;
            if (right.Next != None) symbols[right.Next].Previous = pair.Left;
            right.Length = 0;
            Offer(text, left.Previous, pair.Left);
            Offer(text, pair.Left, left.Next);
        }

        var pieces = new List<(int Length, int Id)>();
        for (var index = 0; index < symbols.Length && index != None; index = symbols[index].Next)
            Add(text.Slice(symbols[index].Start, symbols[index].Length));
        return pieces;

        void Offer(ReadOnlySpan<byte> text, int left, int right)
        {
            if (left == None || right == None || symbols[left].IsWhole || symbols[right].IsWhole) return;
            var length = symbols[left].Length + symbols[right].Length;
            var id = vocabulary.Texts.Find(text.Slice(symbols[left].Start, length));
            if (id < 0) return;
            queue.Enqueue((left, right, length), (vocabulary.Pieces[id].Score, left));
            if (vocabulary.Pieces[id].Kind == SentencePieceKind.Unused) parts[id] = symbols[left].Length;
        }

        void Add(ReadOnlySpan<byte> piece)
        {
            var id = vocabulary.IdOf(piece);
            if (vocabulary.Pieces[id].Kind != SentencePieceKind.Unused || !parts.TryGetValue(id, out var left))
            {
                pieces.Add((piece.Length, id));
                return;
            }

            Add(piece[..left]);
            Add(piece[left..]);
        }
    }

    private Symbol[] Characters(ReadOnlySpan<byte> text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var symbol = vocabulary.Symbols.LongestPrefix(text[start..]);
            var length = symbol > 0 ? symbol : Utf8.CharacterLength(text[start..]);
            symbols.Add(new Symbol { Start = start, Length = length, IsWhole = symbol > 0, Previous = symbols.Count - 1,
                Next = symbols.Count + 1 });
            start += length;
        }

        var result = symbols.ToArray();
        if (result.Length > 0) result[^1].Next = None;
        return result;
    }

    private struct Symbol
    {
        public int Start, Length, Previous, Next;
        public bool IsWhole;
    }
}
