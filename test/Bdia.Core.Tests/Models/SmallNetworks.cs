using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

/// <summary>Encoder-decoders and batches small enough for tests.</summary>
internal static class SmallNetworks
{
    public static EncoderDecoderOptions Small => new()
    {
        SourceVocabulary = 11, TargetVocabulary = 13, Width = 12, EncoderDepth = 3, DecoderDepth = 2, Heads = 3,
            FeedForwardWidth = 20, Dropout = 0,
    };

    public static BdiaStackOptions WithoutGrid => new() { Quantize = false, Mode = BackpropagationMode.StoreActivations };

    public static Tensor Source => Ids(11, 1, 5, 7, 2);

    public static Tensor Target => Ids(13, 2, 6, 3, 5);

    /// <summary>Texts of the given lengths, padded at the end.</summary>
    public static Tensor Ids(int vocabulary, int seed, params int[] lengths)
    {
        var random = new Random(seed);
        var width = lengths.Max();
        var ids = new long[lengths.Length * width];
        for (var row = 0; row < lengths.Length; row++)
            for (var t = 0; t < lengths[row]; t++) ids[row * width + t] = random.Next(SpecialTokens.Padding + 1, vocabulary);
        return tensor(ids, [lengths.Length, width]);
    }

    /// <summary>A network that writes so many ids, in evaluation mode.</summary>
    public static EncoderDecoder Evaluating(int targetVocabulary)
    {
        var model = Spread(new EncoderDecoder(Small with { TargetVocabulary = targetVocabulary }, 1));
        model.eval();
        return model;
    }

    /// <summary>A network as training would leave it.</summary>
    public static EncoderDecoder Spread(EncoderDecoder model) => Stacks.Spread(model, 0.2);
}
