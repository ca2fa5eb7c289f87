using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.Support;

/// <summary>Translators whose weights are spread as training would leave them, over a small vocabulary of words.</summary>
internal static class Translators
{
    public static EncoderDecoderOptions Small => new()
    {
        Width = 24, EncoderDepth = 2, DecoderDepth = 3, Heads = 3, FeedForwardWidth = 40, Dropout = 0, MaxLength = 20,
        ShareEmbeddings = true, Stack = Networks.WithoutGrid,
    };

    public static Translator Of(EncoderDecoderOptions options, DecodingOptions? decoding = null)
    {
        var tokenizer = TextTokenizer.Train(["one two three", "four five six", "seven eight nine"], new() { VocabularySize = 280 });
        var vocabulary = tokenizer.Size + SpecialTokens.Count;
        var network = new EncoderDecoder(options with { SourceVocabulary = vocabulary, TargetVocabulary = vocabulary }, seed: 5);
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        foreach (var (_, parameter) in network.named_parameters())
        {
            if (parameter.dim() > 1) parameter.mul_(1.5);
            else parameter.add_(randn(parameter.shape, ScalarType.Float32, CPU, generator: generator).mul(0.1));
        }

        return new Translator(network, tokenizer, tokenizer, maxTokens: 16, LongTextPolicy.Truncate,
            decoding ?? new() { MaxLengthConstant = 4 });
    }
}
