using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// What is saved of a translator besides its weights. Version 1; a later version that adds fields with defaults stays 1, one that changes a
/// meaning becomes 2.
/// </summary>
internal sealed record TranslatorDescription(
    EncoderDecoderOptions Model, ITextTokenizer Source, ITextTokenizer Target, int MaxTokens, LongTextPolicy LongTexts,
        DecodingOptions Decoding,
    int? MaxLengthConstant)
{
    private const int Version = 1;
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, RespectNullableAnnotations = true, AllowDuplicateProperties = false,
            Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Weights of the network.</summary>
    public long Weights => WeightCount.Of(Model);

    public string ToJson() => JsonSerializer.Serialize(
        new Document(Version, Model, Save(Source), ReferenceEquals(Source, Target) ? null
            : Save(Target), MaxTokens, LongTexts, Decoding, MaxLengthConstant), Json);

    /// <exception cref="InvalidDataException">The text is no description of this version.</exception>
    public static TranslatorDescription Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Parse(document.RootElement);
        }
        catch (JsonException fault)
        {
            throw CannotBeRead(fault);
        }
    }

    /// <summary>The same of a text that is parsed already.</summary>
    /// <exception cref="InvalidDataException">It is no description of this version.</exception>
    public static TranslatorDescription Parse(JsonElement json)
    {
        try
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(nameof(Document.FormatVersion), out var version))
                throw new InvalidDataException("The translator's description has no FormatVersion: it was not written by this library.");
            if (!version.TryGetInt32(out var number) || number != Version)
                throw new InvalidDataException(
                    $"The translator's description has format version {version}; this library reads version {Version}. Load it with the "
                    + "library version that saved it.");

            var content = json.Deserialize<Document>(Json);
            if (content is not { Model: not null, SourceTokenizer: not null, Decoding: not null, LongTexts: not null })
                throw new InvalidDataException(
                    "The translator's description lacks the model, the tokenizer or the decoding; it is damaged.");
            content.Model.Validate();
            _ = WeightCount.Of(content.Model); // a number, of a size that there can be
            // Those of sampling had no effect without it, and were saved all the same.
            if (!content.Decoding.Sample) content = content with { Decoding = content.Decoding.WithoutSampling() };
            content.Decoding.Validate();
            (content.Decoding with { MaxLengthConstant = content.MaxLengthConstant }).Validate();
            var source = Load(content.SourceTokenizer);
            var target = content.TargetTokenizer is null ? source : Load(content.TargetTokenizer);
            Check(content.Model, source, target, content.MaxTokens, content.LongTexts.Value);
            return new TranslatorDescription(content.Model, source, target, content.MaxTokens, content.LongTexts.Value,
                content.Decoding, content.MaxLengthConstant);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or FormatException
            or InvalidOperationException or NotSupportedException or OverflowException)
        {
            throw CannotBeRead(fault);
        }
    }

    /// <summary>Checks that the parts of a translator belong together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(EncoderDecoderOptions model, ITextTokenizer source, ITextTokenizer target,
        int maxTokens, LongTextPolicy longTexts)
    {
        if (NetworkIds.Vocabulary(source) != model.SourceVocabulary || NetworkIds.Vocabulary(target) != model.TargetVocabulary)
            throw new ArgumentException(
                $"The tokenizers have {source.Size} source and {target.Size} target tokens, which make {NetworkIds.Vocabulary(source)} "
                    + $"and {NetworkIds.Vocabulary(target)} ids with the special ones; "
                + $"the network has {model.SourceVocabulary} and {model.TargetVocabulary}. Use the tokenizers that it was trained with.");
        if (maxTokens < 2 || maxTokens > model.MaxLength)
            throw new ArgumentException($"MaxTokens is {maxTokens}; it must be 2..{model.MaxLength}, the network's MaxLength.");
        if (!Enum.IsDefined(longTexts)) throw new ArgumentException($"LongTexts is {longTexts}; it must be Truncate or Throw.");
    }

    private static byte[] Save(ITextTokenizer tokenizer)
    {
        using var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        return stream.ToArray();
    }

    private static ITextTokenizer Load(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return TextTokenizer.Load(stream);
    }

    private static InvalidDataException CannotBeRead(Exception fault)
        => new($"The translator's description cannot be read: {fault.Message}", fault);

    // Tokenizers are base64 in the text.
    private sealed record Document(
        int FormatVersion, EncoderDecoderOptions? Model, byte[]? SourceTokenizer, byte[]? TargetTokenizer,
            int MaxTokens, LongTextPolicy? LongTexts, DecodingOptions? Decoding,
        int? MaxLengthConstant);
}
