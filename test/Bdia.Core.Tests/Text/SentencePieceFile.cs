using System.Text;

namespace Bdia.Core.Tests.Text;

/// <summary>
/// Writes SentencePiece models, field by field as sentencepiece_model.proto numbers them: nothing on a test machine trains one.
/// </summary>
internal sealed class SentencePieceFile
{
    public const int Unigram = 1, Bpe = 2, Word = 3;
    private const int Normal = 1, Unknown = 2, Control = 3, Byte = 6;

    private readonly List<byte> model = [];
    private int count;

    /// <summary>Begins with the pieces of every model: unknown, start, end; then, if asked for, the bytes.</summary>
    public SentencePieceFile(bool bytes)
    {
        Add("<unk>", 0, Unknown).Add("<s>", 0, Control).Add("</s>", 0, Control);
        if (bytes) AddBytes();
    }

    /// <summary>Adds pieces that join as BPE would join them, best first: the characters, then the rest.</summary>
    public SentencePieceFile Add(params string[] pieces)
    {
        foreach (var piece in pieces) Add(piece, -count, Normal);
        return this;
    }

    /// <summary>Adds the bytes.</summary>
    public SentencePieceFile AddBytes()
    {
        for (var value = 0; value < 256; value++) Add($"<0x{value:X2}>", 0, Byte);
        return this;
    }

    public byte[] Finish(int type, bool byteFallback, Action<List<byte>>? normalizer = null)
    {
        Message(model, 2, trainer =>
        {
            Number(trainer, 3, type);
            if (byteFallback) Number(trainer, 35, 1);
        });
        Message(model, 3, normalizer ?? (settings => Bytes(settings, 1, "identity"u8)));
        return [.. model];
    }

    public static void Number(List<byte> stream, int field, int value)
    {
        Varint(stream, (uint)field << 3);
        Varint(stream, (uint)value);
    }

    private SentencePieceFile Add(string piece, float score, int type)
    {
        count++;
        Message(model, 1, message =>
        {
            Bytes(message, 1, Encoding.UTF8.GetBytes(piece));
            Varint(message, (2 << 3) | 5);
            message.AddRange(BitConverter.GetBytes(score));
            if (type != Normal) Number(message, 3, type);
        });
        return this;
    }

    private static void Message(List<byte> stream, int field, Action<List<byte>> write)
    {
        var message = new List<byte>();
        write(message);
        Bytes(stream, field, [.. message]);
    }

    private static void Bytes(List<byte> stream, int field, ReadOnlySpan<byte> value)
    {
        Varint(stream, ((uint)field << 3) | 2);
        Varint(stream, (uint)value.Length);
        stream.AddRange(value);
    }

    private static void Varint(List<byte> stream, uint value)
    {
        for (; value >= 0x80; value >>= 7) stream.Add((byte)(value | 0x80));
        stream.Add((byte)value);
    }
}
