using System.Text;
using Google.Protobuf;

namespace Bdia.Core.Text;

/// <summary>A SentencePiece model as its file has it. Field numbers and defaults are those of sentencepiece_model.proto.</summary>
internal sealed class SentencePieceModel
{
    // Numbers and wire types: of the model; of a piece; of the trainer's settings; of a normaliser's settings.
    private const uint PiecesTag = 1 << 3 | 2, TrainerTag = 2 << 3 | 2, NormalizerTag = 3 << 3 | 2, DenormalizerTag = 5 << 3 | 2;
    private const uint PieceTextTag = 1 << 3 | 2, PieceScoreTag = 2 << 3 | 5, PieceKindTag = 3 << 3;
    private const uint KindTag = 3 << 3, SuffixTag = 24 << 3, FallbackTag = 35 << 3, UnknownTextTag = 44 << 3 | 2;
    private const uint RulesTag = 2 << 3 | 2, DummyPrefixTag = 3 << 3, ExtraSpacesTag = 4 << 3, EscapeTag = 5 << 3;

    private readonly List<SentencePiece> pieces = [];

    private SentencePieceModel(byte[] content)
    {
        Content = content;
        var input = new CodedInputStream(content);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == PiecesTag) pieces.Add(ReadPiece(input.ReadBytes()));
            else if (tag == TrainerTag) ReadTrainer(input.ReadBytes());
            else if (tag == NormalizerTag) ReadNormalizer(input.ReadBytes(), Normalizer);
            else if (tag == DenormalizerTag) ReadNormalizer(input.ReadBytes(), Denormalizer);
            else input.SkipLastField();
        }
    }

    /// <summary>The file.</summary>
    public byte[] Content { get; }

    /// <summary>Pieces by id.</summary>
    public IReadOnlyList<SentencePiece> Pieces => pieces;

    /// <summary>How text is cut into pieces.</summary>
    public SentencePieceModelKind Kind { get; private set; } = SentencePieceModelKind.Unigram;

    /// <summary>Whether what the pieces lack is written in bytes.</summary>
    public bool FallsBackToBytes { get; private set; }

    /// <summary>What an unknown piece is decoded to.</summary>
    public string UnknownText { get; private set; } = " \u2047 ";

    /// <summary>What is done to texts first.</summary>
    public SentencePieceNormalizer Normalizer { get; } = new();

    /// <summary>What is done to decoded texts, where it has rules.</summary>
    public SentencePieceNormalizer Denormalizer { get; } = new();

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

    private static SentencePiece ReadPiece(ByteString piece)
    {
        var (text, score, kind) = (Array.Empty<byte>(), 0f, SentencePieceKind.Normal);
        var input = piece.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == PieceTextTag) text = input.ReadBytes().ToByteArray();
            else if (tag == PieceScoreTag) score = input.ReadFloat();
            else if (tag == PieceKindTag) kind = (SentencePieceKind)input.ReadEnum();
            else input.SkipLastField();
        }

        return new SentencePiece(text, score, kind);
    }

    private void ReadTrainer(ByteString trainer)
    {
        var input = trainer.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == KindTag) Kind = (SentencePieceModelKind)input.ReadEnum();
            else if (tag == SuffixTag) Normalizer.SpaceBehind = input.ReadBool();
            else if (tag == FallbackTag) FallsBackToBytes = input.ReadBool();
            else if (tag == UnknownTextTag) UnknownText = input.ReadString();
            else input.SkipLastField();
        }
    }

    private static void ReadNormalizer(ByteString settings, SentencePieceNormalizer normalizer)
    {
        var input = settings.CreateCodedInput();
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == RulesTag) normalizer.Rules = input.ReadBytes() is { IsEmpty: false } rules ? new CharacterMap(rules.Span) : null;
            else if (tag == DummyPrefixTag) normalizer.AddDummyPrefix = input.ReadBool();
            else if (tag == ExtraSpacesTag) normalizer.RemoveExtraSpaces = input.ReadBool();
            else if (tag == EscapeTag) normalizer.EscapeSpaces = input.ReadBool();
            else input.SkipLastField();
        }
    }
}

/// <summary>A piece of a model.</summary>
/// <param name="Text">In UTF-8.</param>
/// <param name="Score">Log-probability of a unigram piece; order of merging of a byte-pair piece.</param>
/// <param name="Kind">What it stands for.</param>
internal readonly record struct SentencePiece(byte[] Text, float Score, SentencePieceKind Kind)
{
    /// <summary>Whether text can hold it.</summary>
    public bool IsText => Kind is SentencePieceKind.Normal or SentencePieceKind.UserDefined or SentencePieceKind.Unused;

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Text);
}

/// <summary>What a piece stands for; the numbers are the format's.</summary>
internal enum SentencePieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>How a model cuts text into pieces; the numbers are the format's.</summary>
internal enum SentencePieceModelKind
{
    Unigram = 1,
    Bpe = 2,
    Word = 3,
    Char = 4,
}
