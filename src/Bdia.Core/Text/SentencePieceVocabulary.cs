using System.Globalization;
using System.Text;

namespace Bdia.Core.Text;

/// <summary>
/// The pieces of a SentencePiece model, to be looked up. A model whose pieces SentencePiece itself would refuse is refused.
/// </summary>
internal sealed class SentencePieceVocabulary
{
    private readonly int[] byteIds = new int[256];
    private readonly byte[] values;

    /// <exception cref="InvalidDataException">The pieces do not fit together.</exception>
    public SentencePieceVocabulary(SentencePieceModel model)
    {
        Pieces = model.Pieces;
        values = new byte[Pieces.Count];
        Array.Fill(byteIds, -1);
        var reserved = new PieceTrie();
        for (var id = 0; id < Pieces.Count; id++)
        {
            var piece = Pieces[id];
            if (!Enum.IsDefined(piece.Kind)) throw new InvalidDataException($"Piece {id}, '{piece}', is of the unknown kind {piece.Kind}");
            if (piece.Text.Length == 0) throw new InvalidDataException($"Piece {id} is empty");
            if (!(piece.IsText ? Texts : reserved).TryAdd(piece.Text, id))
                throw new InvalidDataException($"Piece {id}, '{piece}', stands twice");
            if (piece.Kind == SentencePieceKind.UserDefined) Symbols.TryAdd(piece.Text, id);
            else if (piece.Kind == SentencePieceKind.Unknown) UnknownId = UnknownId < 0 ? id
                : throw new InvalidDataException($"Pieces {UnknownId} and {id} both stand for what is unknown");
            else if (piece.Kind == SentencePieceKind.Byte) AddByte(model, id);
        }

        if (Pieces.Count == 0) throw new InvalidDataException("It has no pieces");
        if (UnknownId < 0) throw new InvalidDataException("None of its pieces stands for what is unknown");
        if (model.FallsBackToBytes && byteIds.AsSpan().IndexOf(-1) is var lacking and >= 0)
            throw new InvalidDataException($"It says that it falls back to bytes, and lacks the piece <0x{lacking:X2}>");
    }

    /// <summary>Pieces by id.</summary>
    public IReadOnlyList<SentencePiece> Pieces { get; }

    /// <summary>Pieces that text can hold.</summary>
    public PieceTrie Texts { get; } = new();

    /// <summary>User-defined symbols: they stay whole wherever they stand.</summary>
    public PieceTrie Symbols { get; } = new();

    /// <summary>The id of what is unknown.</summary>
    public int UnknownId { get; } = -1;

    /// <summary>The id of a piece of text, or <see cref="UnknownId"/>.</summary>
    public int IdOf(ReadOnlySpan<byte> text) => Texts.Find(text) is var id and >= 0 ? id : UnknownId;

    /// <summary>The id of a byte.</summary>
    public int ByteId(byte value) => byteIds[value];

    /// <summary>The byte that a piece of that kind stands for.</summary>
    public byte ByteOf(int id) => values[id];

    private void AddByte(SentencePieceModel model, int id)
    {
        var text = Encoding.UTF8.GetString(Pieces[id].Text);
        if (!model.FallsBackToBytes) throw new InvalidDataException(
            $"Piece {id}, '{text}', stands for a byte, but the model says that it does not fall back to bytes");
        if (text.Length != 6 || !byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var value) || text != $"<0x{value:X2}>")
            throw new InvalidDataException($"Piece {id} stands for a byte and is '{text}' instead of <0x00> to <0xFF>");
        byteIds[value] = id;
        values[id] = value;
    }
}
