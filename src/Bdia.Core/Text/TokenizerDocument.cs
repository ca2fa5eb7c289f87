using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bdia.Core.Text;

/// <summary>
/// The form in which tokenizers are saved: "BDIATOKN", version and length of the content (32-bit, little-endian), SHA-256 of the content,
/// and the content, which is JSON. A version is read by the library that wrote it and by later ones.
/// </summary>
internal static class TokenizerDocument
{
    private const int Version = 3; // 2 since there are digits apart and symbols, 3 since there are added tokens and words by characters
    private const string SentencePiece = "SentencePiece";
    private const int HeaderLength = 8 + 4 + 4 + SHA256.HashSizeInBytes;

    private static ReadOnlySpan<byte> Magic => "BDIATOKN"u8;

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // characters as they are: half the size
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter() },
    };

    public static void Write(ITextTokenizer tokenizer, Stream stream)
    {
        var description = Describe(tokenizer);
        var content = JsonSerializer.SerializeToUtf8Bytes(description, Json);
        var header = new byte[HeaderLength];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), VersionOf(description));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), content.Length);
        SHA256.HashData(content, header.AsSpan(16));
        stream.Write(header);
        stream.Write(content);
    }

    public static ITextTokenizer Read(Stream stream)
    {
        var header = ReadExactly(stream, HeaderLength);
        if (!header.AsSpan(0, 8).SequenceEqual(Magic))
            throw new InvalidDataException(
            "The stream holds no tokenizer: it does not begin with BDIATOKN. Give it at the place where TextTokenizer.Save began to "
            + "write.");
        var version = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8));
        if (version > Version) throw new InvalidDataException(
            $"The tokenizer was saved in format version {version}; this library reads up to {Version}. Use the version of the library "
            + "that saved it, or a later one.");
        var content = ReadExactly(stream, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12)));
        if (version < 1 || !SHA256.HashData(content).AsSpan().SequenceEqual(header.AsSpan(16))) throw Damaged("its checksum does not fit");
        try
        {
            var description = JsonSerializer.Deserialize<Content>(content, Json) ?? throw Damaged("it is empty");
            return version == VersionOf(description) ? Restore(description) : throw Damaged($"its version, {version}, does not fit");
        }
        catch (JsonException fault)
        {
            throw Damaged(fault.Message);
        }
    }

    // The least that can read it.
    private static int VersionOf(Content content)
        => content.Added is not null || content.Words is WordRule.Gpt2Characters ? 3
            : content.Symbols is not null || content.Words is WordRule.TrainedSplitDigits ? 2
            : 1;

    private static Content Describe(ITextTokenizer tokenizer) => tokenizer switch
    {
        BytePairTextTokenizer bytePair => new Content(nameof(TokenLevel.BytePair), bytePair.Normalization)
        {
            Tokens = bytePair.Model.Tokens,
            Merges = [.. bytePair.Model.Merges.Select(pair => $"{pair.Left} {pair.Right}")],
            Words = bytePair.Model.Words,
        },
        LookupTextTokenizer lookup => new Content(lookup.Level.ToString(), lookup.Normalization)
        {
            Tokens = lookup.Tokens,
            Words = lookup is { Level: TokenLevel.Word, Words: WordRule.TrainedSplitDigits } ? lookup.Words : null,
        },
        SymbolTextTokenizer symbols => Describe(symbols.Rest) with { Symbols = symbols.Symbols },
        AddedTokenTextTokenizer added => Describe(added.Rest) with { Added = added.Added.ToDictionary() },
        SentencePieceTextTokenizer pieces => new Content(SentencePiece, pieces.Normalization) { Model = pieces.Content },
        _ => throw new ArgumentException(
            $"A tokenizer of class {tokenizer.GetType()} cannot be saved; only those that {nameof(TextTokenizer)} makes can.",
            nameof(tokenizer)),
    };

    private static ITextTokenizer Restore(Content content)
    {
        content.Normalization.ThrowIfUnusable();
        if (content.Symbols is { } symbols)
        {
            if (!SymbolTextTokenizer.CanUse(symbols) || content.Kind == SentencePiece)
                throw Damaged("its user-defined symbols cannot be used");
            return new SymbolTextTokenizer(Restore(content with { Symbols = null }), symbols);
        }

        if (content.Added is { } added)
        {
            return Restore(content with { Added = null }) is BytePairTextTokenizer rest && AddedTokenTextTokenizer.CanUse(added, rest.Size)
                ? new AddedTokenTextTokenizer(rest, added) : throw Damaged("its added tokens cannot be used");
        }

        switch (content.Kind)
        {
            case nameof(TokenLevel.BytePair) when content is { Tokens: { } tokens, Merges: { } merges, Words: { } words }:
                var pairs = merges.Select(merge => merge.Split(' ') is [var left, var right] ? (left, right)
                    : throw Damaged($"'{merge}' is no merge")).ToList();
                var model = new BytePairModel(tokens, pairs, words);
                return model.Fault() is { } bad ? throw Damaged(bad) : new BytePairTextTokenizer(model, content.Normalization);
            case nameof(TokenLevel.Word) or nameof(TokenLevel.Character) when content.Tokens is { } tokens:
                if (!LookupTextTokenizer.CanUse(tokens))
                    throw Damaged("its vocabulary does not begin with the 256 bytes, or has a token twice");
                return new LookupTextTokenizer(Enum.Parse<TokenLevel>(content.Kind), tokens, content.Normalization, content.Words
                    ?? WordRule.Trained);
            case SentencePiece when content.Model is { } bytes:
                return new SentencePieceTextTokenizer(bytes, content.Normalization);
            default:
                throw Damaged($"kind '{content.Kind}' is unknown, or parts of it are missing");
        }
    }

    // A damaged length may be anything: memory is taken as bytes come.
    private static byte[] ReadExactly(Stream stream, int length)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[Math.Clamp(length, 1, 1 << 16)];
        while (bytes.Length < length)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, length - bytes.Length));
            if (read == 0) throw Damaged($"it ends after {bytes.Length} of {length} bytes");
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    private static InvalidDataException Damaged(string fact)
        => new($"The saved tokenizer is damaged: {fact}. Save it again, or restore the file from a copy.");

    private sealed record Content(string Kind, TextNormalization Normalization)
    {
        public IReadOnlyList<string>? Tokens { get; init; }

        public IReadOnlyList<string>? Merges { get; init; }

        public WordRule? Words { get; init; }

        public byte[]? Model { get; init; }

        public IReadOnlyList<string>? Symbols { get; init; }

        public IReadOnlyDictionary<string, int>? Added { get; init; }
    }
}
