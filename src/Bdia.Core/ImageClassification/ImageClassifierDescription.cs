using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Formats;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// What is saved of a classifier besides its weights. Version 1, or 2 of a network that releases of version 1 would take for another one
/// (it
/// has a part that not every vision transformer has). Fields with defaults may be added within a version.
/// </summary>
internal sealed record ImageClassifierDescription(VisionTransformerOptions Model, PixelNormalization Normalization)
{
    private const int Version = 1, OfVariants = 2;
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>Weights of the network.</summary>
    public long Weights => WeightCount.Of(Model);

    public string ToJson() => JsonSerializer.Serialize(new Document(Model.IsPlain ? Version : OfVariants, Model, Normalization), Json);

    /// <exception cref="InvalidDataException">The text is no description of this version.</exception>
    public static ImageClassifierDescription Parse(string json)
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
    public static ImageClassifierDescription Parse(JsonElement json)
    {
        try
        {
            if (!json.TryGetProperty(nameof(Document.FormatVersion), out var version))
                throw new InvalidDataException("The classifier's description has no FormatVersion: it was not written by this library.");
            if (!version.TryGetInt32(out var number) || number is not (Version or OfVariants))
                throw new InvalidDataException(
                    $"The classifier's description has format version {version}; this library reads versions {Version} and {OfVariants}. "
                        + "Load it with the "
                    + "library version that saved it.");

            var fields = new JsonFields(json);
            if (fields.Part(nameof(Document.Model)) is not { } model || fields.Part(nameof(Document.Normalization)) is not { } pixels
                || pixels.Numbers(nameof(PixelNormalization.Mean)) is not { } mean
                || pixels.Numbers(nameof(PixelNormalization.StandardDeviation)) is not { } deviation)
                throw new InvalidDataException("The classifier's description lacks the model or the normalisation; it is damaged.");
            var options = VisionTransformerJson.Read(model);
            options.Validate();
            _ = WeightCount.Of(options); // a number, of a size that there can be
            var normalization = new PixelNormalization { Mean = mean, StandardDeviation = deviation };
            normalization.Validate(options.Channels);
            return new ImageClassifierDescription(options, normalization);
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or InvalidOperationException
            or FormatException or OverflowException)
        {
            throw CannotBeRead(fault);
        }
    }

    private static InvalidDataException CannotBeRead(Exception fault)
        => new($"The classifier's description cannot be read: {fault.Message}", fault);

    private sealed record Document(int FormatVersion, VisionTransformerOptions Model, PixelNormalization Normalization);
}
