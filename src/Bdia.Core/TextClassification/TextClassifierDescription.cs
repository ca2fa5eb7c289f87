using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;

namespace Bdia.Core.TextClassification;

/// <summary>
/// What is saved of a classifier besides its weights. Version 1; a later version that adds fields with defaults stays 1, one that changes a
/// meaning becomes 2.
/// </summary>
internal sealed record TextClassifierDescription(
    TextEncoderOptions Model, ITextTokenizer Tokenizer, int MaxTokens, LongTextPolicy LongTexts)
{
    private const int Version = 1;
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, RespectNullableAnnotations = true, AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Weights of the network.</summary>
    public long Weights => WeightCount.Of(Model);

    public string ToJson() => JsonSerializer.Serialize(new Document(Version, Model, Save(Tokenizer), MaxTokens, LongTexts), Json);

    /// <exception cref="InvalidDataException">The text is no description of this version.</exception>
    public static TextClassifierDescription Parse(string json)
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
    public static TextClassifierDescription Parse(JsonElement json)
    {
        try
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(nameof(Document.FormatVersion), out var version))
                throw new InvalidDataException(
                    "The text classifier's description has no FormatVersion: it was not written by this library.");
            if (!version.TryGetInt32(out var number) || number != Version)
                throw new InvalidDataException(
                    $"The text classifier's description has format version {version}; this library reads version {Version}. Load it with "
                    + "the library version that saved it.");

            var content = json.Deserialize<Document>(Json);
            if (content is not { Model: not null, Tokenizer: not null, LongTexts: not null })
                throw new InvalidDataException("The text classifier's description lacks the model or the tokenizer; it is damaged.");
            content.Model.Validate();
            _ = WeightCount.Of(content.Model); // a number, of a size that there can be
            using var stream = new MemoryStream(content.Tokenizer);
            var tokenizer = TextTokenizer.Load(stream);
            Check(content.Model, tokenizer, content.MaxTokens, content.LongTexts.Value);
            return new TextClassifierDescription(content.Model, tokenizer, content.MaxTokens, content.LongTexts.Value);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or FormatException
            or InvalidOperationException or NotSupportedException or OverflowException)
        {
            throw CannotBeRead(fault);
        }
    }

    /// <summary>Checks that the parts of a classifier belong together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(TextEncoderOptions model, ITextTokenizer tokenizer, int maxTokens, LongTextPolicy longTexts)
    {
        if (NetworkIds.Vocabulary(tokenizer) != model.Vocabulary)
            throw new ArgumentException($"The tokenizer has {tokenizer.Size} tokens, which make {NetworkIds.Vocabulary(tokenizer)} ids "
                + $"with the special ones; the network has {model.Vocabulary}. Use the tokenizer that it was trained with.");
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

    private static InvalidDataException CannotBeRead(Exception fault)
        => new($"The text classifier's description cannot be read: {fault.Message}", fault);

    // The tokenizer is base64 in the text.
    private sealed record Document(
        int FormatVersion, TextEncoderOptions? Model, byte[]? Tokenizer, int MaxTokens, LongTextPolicy? LongTexts);
}
