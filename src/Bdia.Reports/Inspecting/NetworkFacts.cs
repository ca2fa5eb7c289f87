using Bdia.MLNet;

namespace Bdia.Reports.Inspecting;

/// <summary>What is to be known of a model's network.</summary>
public static class NetworkFacts
{
    /// <summary>Names and values for people: sizes of the network, and what it reads.</summary>
    /// <param name="model">A model of any of the library's tasks.</param>
    public static IReadOnlyList<(string Name, string Value)> Of(BdiaTransformer model) => model switch
    {
        BdiaImageClassificationTransformer pictures => [.. Pictures(pictures)],
        BdiaTextClassificationTransformer texts => [.. Texts(texts)],
        BdiaSequenceToSequenceTransformer translator => [.. Translator(translator)],
        BdiaTextGenerationTransformer generator => [.. Generator(generator)],
        _ => [],
    };

    private static IEnumerable<(string, string)> Pictures(BdiaImageClassificationTransformer model)
    {
        var network = model.Model.Model.Options;
        yield return ("Network", $"vision transformer: {network.Depth} blocks, width {network.Width}, {network.Heads} heads, patches of "
            + $"{network.PatchSize} pixels");
        yield return ("Pictures", $"{network.ImageWidth} x {network.ImageHeight} pixels, {network.Channels} channels; others are resized");
    }

    private static IEnumerable<(string, string)> Texts(BdiaTextClassificationTransformer model)
    {
        var network = model.Model.Model.Options;
        yield return ("Network", $"text encoder: {network.Depth} blocks, width {network.Width}, {network.Heads} heads");
        yield return ("Texts", $"up to {model.Model.MaxTokens} tokens of a vocabulary of {model.Model.Tokenizer.Size:N0}");
    }

    private static IEnumerable<(string, string)> Translator(BdiaSequenceToSequenceTransformer model)
    {
        var network = model.Model.Model.Options;
        yield return ("Network", $"encoder-decoder: {network.EncoderDepth} and {network.DecoderDepth} blocks, width {network.Width}, "
            + $"{network.Heads} heads");
        yield return ("Texts", $"up to {model.Model.MaxTokens} tokens of a vocabulary of {model.Model.SourceTokenizer.Size:N0}");
        yield return ("Decoding", $"beam of {model.Model.Decoding.BeamSize}");
    }

    private static IEnumerable<(string, string)> Generator(BdiaTextGenerationTransformer model)
    {
        var network = model.Model.Model.Options;
        yield return ("Network", $"language model: {network.Depth} blocks, width {network.Width}, {network.Heads} heads");
        yield return ("Texts", $"tokens of a vocabulary of {model.Model.Tokenizer.Size:N0}");
    }
}
