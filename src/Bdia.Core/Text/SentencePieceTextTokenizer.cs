using System.Text;

namespace Bdia.Core.Text;

/// <summary>
/// A SentencePiece model: the ids and texts that SentencePiece itself gives. (Microsoft.ML.Tokenizers reads no unigram model without start
/// or end pieces, and leaves out user-defined symbols and the normalisation of byte-pair models.)
/// </summary>
internal sealed class SentencePieceTextTokenizer : ITextTokenizer, ISpelledTokenizer
{
    private const char SpaceSign = '\u2581';

    private readonly SentencePieceModel model;
    private readonly SentencePieceVocabulary vocabulary;
    private readonly ISegmenter segmenter;

    /// <exception cref="InvalidDataException">The content is no model that SentencePiece would read.</exception>
    public SentencePieceTextTokenizer(byte[] content, TextNormalization normalization)
    {
        Normalization = normalization;
        model = SentencePieceModel.Read(content);
        vocabulary = new SentencePieceVocabulary(model);
        model.Normalizer.Symbols = vocabulary.Symbols;
        segmenter = model.Kind switch
        {
            SentencePieceModelKind.Unigram => new UnigramSegmenter(vocabulary),
            SentencePieceModelKind.Bpe => new SentencePieceMerger(vocabulary),
            SentencePieceModelKind.Word or SentencePieceModelKind.Char =>
                new UnitSegmenter(vocabulary, model.Kind == SentencePieceModelKind.Word),
            _ => throw new InvalidDataException($"It is of the unknown type {model.Kind}"),
        };
    }

    public byte[] Content => model.Content;

    public TextNormalization Normalization { get; }

    public int Size => model.Pieces.Count;

    public int? UnknownId => model.FallsBackToBytes ? null : vocabulary.UnknownId;

    public string Normalize(string text)
    {
        var spelled = new SentencePieceText(model, vocabulary);
        spelled.AddText(model.Normalizer.Normalize(Encoding.UTF8.GetBytes(Normalization.Apply(text))));
        return spelled.Finish();
    }

    public IReadOnlyList<int> Encode(string text)
    {
        ReadOnlySpan<byte> rest = model.Normalizer.Normalize(Encoding.UTF8.GetBytes(Normalization.Apply(text)));
        var pieces = segmenter.Cut(rest);
        var ids = new List<int>(pieces.Count);
        var behindUnknown = false;
        foreach (var (length, id) in pieces)
        {
            var isUnknown = id == vocabulary.UnknownId;
            if (isUnknown && model.FallsBackToBytes)
                foreach (var value in rest[..length]) ids.Add(vocabulary.ByteId(value));
            else if (!isUnknown || !behindUnknown) // a run of what is unknown is one piece
                ids.Add(id);
            behindUnknown = isUnknown;
            rest = rest[length..];
        }

        return ids;
    }

    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new SentencePieceText(model, vocabulary);
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)Size) throw new ArgumentOutOfRangeException(nameof(ids), id, $"The tokenizer's ids are 0 to {Size - 1}.");
            text.Add(id);
        }

        return text.Finish();
    }

    public TokenSpelling? Spelling
    {
        get
        {
            var normalizer = model.Normalizer;
            if (model.Denormalizer.Rules is not null || normalizer is { AddDummyPrefix: true, SpaceBehind: true }) return null;
            var drops = normalizer.AddDummyPrefix || normalizer.RemoveExtraSpaces;
            var spaced = Enumerable.Range(0, Size).Where(id => vocabulary.Pieces[id] is { IsText: true } piece
                && piece.ToString().StartsWith(SpaceSign));
            return new TokenSpelling(vocabulary.Pieces.Select(Spelled), drops ? spaced : null, normalizer.RemoveExtraSpaces);
        }
    }

    private byte[] Spelled(SentencePiece piece, int id) => piece.Kind switch
    {
        SentencePieceKind.Byte => [vocabulary.ByteOf(id)],
        SentencePieceKind.Control => [],
        SentencePieceKind.Unknown => Encoding.UTF8.GetBytes(model.UnknownText),
        _ => Encoding.UTF8.GetBytes(piece.ToString().Replace(SpaceSign, ' ')),
    };
}
