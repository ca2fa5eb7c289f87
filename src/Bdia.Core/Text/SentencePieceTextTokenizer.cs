using System.Text;
using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Text;

/// <summary>
/// A SentencePiece model: SentencePieceTokenizer cuts text into pieces; bytes and decoding are ours. (Its own byte fallback gives wrong ids for
/// unigram models, and its decoder drops bytes whose pieces stand behind others.)
/// </summary>
internal sealed class SentencePieceTextTokenizer : ITextTokenizer
{
    // A second trainer's settings, which protocol buffers merge into the first: byte_fallback = false. Unknown pieces then stay visible.
    private static readonly byte[] NoByteFallback = [0x12, 0x03, 0x98, 0x02, 0x00];

    private readonly SentencePieceModel _model;
    private readonly SentencePieceTokenizer _cutter;
    private readonly TokenBytes _bytes;

    /// <exception cref="InvalidDataException">The content is no model that SentencePieceTokenizer reads.</exception>
    public SentencePieceTextTokenizer(byte[] content, TextNormalization normalization)
    {
        Normalization = normalization;
        _model = SentencePieceModel.Read(content);
        try
        {
            using var stream = new MemoryStream([.. content, .. NoByteFallback]);
            _cutter = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // It checks nothing: an index out of range is as likely as a sentence.
            throw new InvalidDataException($"Microsoft.ML.Tokenizers does not read it ({fault.Message})", fault);
        }

        _bytes = _model.Bytes(_cutter.EscapeWhiteSpaces);
    }

    public byte[] Content => _model.Content;

    public TextNormalization Normalization { get; }

    public int Size => _model.Count;

    public IReadOnlyList<int> Encode(string text)
    {
        text = Normalization.Apply(text);
        var tokens = _cutter.EncodeToTokens(text, out var normalized);
        // SentencePieceTokenizer takes a text of one character for an empty one.
        if (tokens.Count == 0 && text.Trim(' ') is { Length: > 0 } single) tokens = _cutter.EncodeToTokens(normalized = Dressed(single), out _, considerNormalization: false);
        var ids = new List<int>(tokens.Count);
        foreach (var token in tokens)
        {
            if (token.Id != _cutter.UnknownId || !_model.FallsBackToBytes) ids.Add(token.Id);
            else foreach (var value in Encoding.UTF8.GetBytes(normalized![token.Offset])) ids.Add(_model.ByteId(value));
        }

        return ids;
    }

    public string Decode(IEnumerable<int> ids)
    {
        var text = _bytes.Decode(ids);
        if (!_cutter.AddDummyPrefix) return text;
        return _cutter.TreatWhitespaceAsSuffix ? text.EndsWith(' ') ? text[..^1] : text : text.StartsWith(' ') ? text[1..] : text;
    }

    // With the space that the model adds, and spaces as its pieces have them.
    private string Dressed(string text)
    {
        if (_cutter.AddDummyPrefix) text = _cutter.TreatWhitespaceAsSuffix ? text + ' ' : ' ' + text;
        return _cutter.EscapeWhiteSpaces ? text.Replace(' ', '\u2581') : text;
    }
}
