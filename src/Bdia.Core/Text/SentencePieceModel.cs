using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Bdia.Core.Text;

/// <summary>
/// What decoding needs of a SentencePiece model and SentencePieceTokenizer does not tell: the text of every piece, and which of them stand for
/// bytes. Field numbers are those of sentencepiece_model.proto.
/// </summary>
internal sealed class SentencePieceModel
{
    private const uint Pieces = (1 << 3) | 2, Trainer = (2 << 3) | 2, Normalizer = (3 << 3) | 2; // of the model: number and wire type
    private const uint PieceText = (1 << 3) | 2, PieceType = 3 << 3; // of a piece
    private const uint ByteFallback = 35 << 3; // of the trainer
    private const int Normal = 1, Unknown = 2, Control = 3, Byte = 6; // types of pieces

    // The sign that SentencePiece itself writes for an unknown piece.
    private const string UnknownText = "\u2047";

    private readonly List<string> _texts = [];
    private readonly int[] _byteIds = new int[256];

    private SentencePieceModel(byte[] content)
    {
        Content = content;
        Array.Fill(_byteIds, -1);
        var parts = new HashSet<uint>();
        var input = new CodedInputStream(content);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            parts.Add(tag);
            if (tag == Pieces) AddPiece(input.ReadBytes());
            else if (tag == Trainer) ReadTrainer(input.ReadBytes());
            else input.SkipLastField();
        }

        if (!parts.IsSupersetOf([Pieces, Trainer, Normalizer])) throw new InvalidDataException("It has no pieces, no trainer's or no normalizer's settings");
        if (FallsBackToBytes && _byteIds.AsSpan().IndexOf(-1) is var lacking and >= 0)
            throw new InvalidDataException($"It says that it falls back to bytes, and lacks the piece <0x{lacking:X2}>");
    }

    /// <summary>The file.</summary>
    public byte[] Content { get; }

    /// <summary>Whether what the pieces lack is written in bytes.</summary>
    public bool FallsBackToBytes { get; private set; }

    /// <summary>Number of pieces.</summary>
    public int Count => _texts.Count;

    /// <summary>The id of a byte.</summary>
    public int ByteId(byte value) => _byteIds[value];

    /// <summary>The bytes that each piece stands for when decoded.</summary>
    /// <param name="spaces">Whether U+2581 stands for a space.</param>
    public TokenBytes Bytes(bool spaces)
    {
        var bytes = _texts.Select(text => Encoding.UTF8.GetBytes(spaces ? text.Replace('\u2581', ' ') : text)).ToArray();
        for (var value = 0; value < 256; value++)
            if (_byteIds[value] >= 0) bytes[_byteIds[value]] = [(byte)value];
        return new TokenBytes(bytes);
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static SentencePieceModel Read(byte[] content)
    {
        try
        {
            return new SentencePieceModel(content);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new InvalidDataException($"It is no protocol buffer ({fault.Message})", fault);
        }
    }

    private void AddPiece(ByteString piece)
    {
        var text = "";
        var type = Normal;
        var input = piece.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == PieceText) text = input.ReadString();
            else if (tag == PieceType) type = input.ReadEnum();
            else input.SkipLastField();
        }

        if (type == Byte)
        {
            if (text.Length != 6 || !byte.TryParse(text.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                throw new InvalidDataException($"Piece {_texts.Count} stands for a byte and is '{text}' instead of <0x00> to <0xFF>");
            _byteIds[value] = _texts.Count;
        }

        _texts.Add(type == Control ? "" : type == Unknown ? UnknownText : text);
    }

    private void ReadTrainer(ByteString trainer)
    {
        var input = trainer.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == ByteFallback) FallsBackToBytes = input.ReadBool();
            else input.SkipLastField();
        }
    }
}
