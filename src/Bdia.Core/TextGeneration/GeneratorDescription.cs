using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Decoding;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;

namespace Bdia.Core.TextGeneration;

/// <summary>
/// What is saved of a generator besides its weights. Version 1; a later version that adds fields with defaults stays 1, one that changes a
/// meaning becomes 2.
/// </summary>
internal sealed record GeneratorDescription(LanguageModelOptions Model, ITextTokenizer Tokenizer, DecodingOptions Decoding)
{
    private const int Version = 1;
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, RespectNullableAnnotations = true, AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Weights of the network.</summary>
    public long Weights => WeightCount.Of(Model);

    public string ToJson()
    {
        using var stream = new MemoryStream();
        TextTokenizer.Save(Tokenizer, stream);
        return JsonSerializer.Serialize(new Document(Version, Model, stream.ToArray(), Decoding), Json);
    }

    /// <exception cref="InvalidDataException">It is no description of this version.</exception>
    public static GeneratorDescription Parse(JsonElement json)
    {
        try
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(nameof(Document.FormatVersion), out var version))
                throw new InvalidDataException("The generator's description has no FormatVersion: it was not written by this library.");
            if (!version.TryGetInt32(out var number) || number != Version)
                throw new InvalidDataException($"The generator's description has format version {version}; this library reads version "
                    + $"{Version}. Load it with the library version that saved it.");
            var content = json.Deserialize<Document>(Json);
            if (content is not { Model: not null, Tokenizer: not null, Decoding: not null })
                throw new InvalidDataException(
                    "The generator's description lacks the model, the tokenizer or the decoding; it is damaged.");
            content.Model.Validate();
            _ = WeightCount.Of(content.Model); // a number, of a size that there can be
            content.Decoding.Validate();
            using var stream = new MemoryStream(content.Tokenizer);
            var tokenizer = TextTokenizer.Load(stream);
            Check(content.Model, tokenizer);
            return new GeneratorDescription(content.Model, tokenizer, content.Decoding);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or FormatException
            or InvalidOperationException or NotSupportedException or OverflowException)
        {
            throw new InvalidDataException($"The generator's description cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>The same of a text.</summary>
    /// <exception cref="InvalidDataException">It is no description of this version.</exception>
    public static GeneratorDescription Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Parse(document.RootElement);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"The generator's description cannot be read: {fault.Message}", fault);
        }
    }

    /// <summary>Checks that network and tokenizer belong together.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(LanguageModelOptions model, ITextTokenizer tokenizer)
    {
        if (NetworkIds.Vocabulary(tokenizer) != model.Vocabulary)
            throw new ArgumentException($"The tokenizer has {tokenizer.Size} tokens, which make {NetworkIds.Vocabulary(tokenizer)} ids "
                + $"with the special ones; the network has {model.Vocabulary}. Use the tokenizer that it was trained with.");
    }

    // The tokenizer is base64 in the text.
    private sealed record Document(int FormatVersion, LanguageModelOptions? Model, byte[]? Tokenizer, DecodingOptions? Decoding);
}
