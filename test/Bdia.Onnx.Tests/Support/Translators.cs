using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;

namespace Bdia.Onnx.Tests.Support;

/// <summary>Translators whose weights are spread as training would leave them, over a small vocabulary of words.</summary>
internal static class Translators
{
    public static EncoderDecoderOptions Small => new()
    {
        Width = 24, EncoderDepth = 2, DecoderDepth = 3, Heads = 3, FeedForwardWidth = 40, Dropout = 0, MaxLength = 20,
        ShareEmbeddings = true, Stack = Networks.WithoutGrid,
    };

    /// <summary>Of a small vocabulary of words.</summary>
    public static ITextTokenizer Tokenizer()
        => TextTokenizer.Train(["one two three", "four five six", "seven eight nine"], new() { VocabularySize = 280 });

    public static Translator Of(EncoderDecoderOptions options, DecodingOptions? decoding = null)
    {
        var tokenizer = Tokenizer();
        var vocabulary = tokenizer.Size + SpecialTokens.Count;
        var network = new EncoderDecoder(options with { SourceVocabulary = vocabulary, TargetVocabulary = vocabulary }, seed: 5);
        Networks.Spread(network);
        return new Translator(network, tokenizer, tokenizer, maxTokens: 16, LongTextPolicy.Truncate,
            decoding ?? new() { MaxLengthConstant = 4 });
    }
}
