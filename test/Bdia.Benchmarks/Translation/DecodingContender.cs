using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Translation;

/// <summary>Whole calls of the decoder, encoder included.</summary>
internal static class DecodingContender
{
    // The runtime compiles what runs often a second time, for some seconds: the same for short calls and for long ones.
    private const double WarmUpSeconds = 3;

    public static DecodingFigures Run(DecodingSettings settings)
    {
        using var model = new EncoderDecoder(
            EncoderDecoderOptions.FromPreset(settings.Preset, settings.Vocabulary, settings.Vocabulary), seed: 1);
        NeverEnd(model);
        model.eval();
        var random = new Random(1);
        var sources = Enumerable.Range(0, settings.Batch).Select(_ =>
            Enumerable.Range(1, settings.Tokens - 1).Select(_ => random.Next(SpecialTokens.Count, settings.Vocabulary))
                .Append(SpecialTokens.End).ToArray()).ToArray();
        var options = new DecodingOptions { BeamSize = settings.BeamSize, UseCache = settings.UseCache,
            MaxLengthRatio = 0, MaxLengthConstant = settings.Tokens };
        var idle = ResidentMemory.Now();
        var seconds = Timing.MedianSeconds(settings.Calls, _ =>
        {
            var outputs = Decoder.Decode(model, sources, options);
            if (outputs.Any(found => found.Any(h => h.Ids.Count != settings.Tokens)))
                throw new InvalidOperationException($"An output has not the {settings.Tokens} tokens that are to be measured.");
        }, WarmUpSeconds);
        return new(seconds, idle, ResidentMemory.Peak(), model.parameters().Sum(p => p.numel()));
    }

    /// <summary>A vector of zeros gives the end token the logit 0, where the best of thousands of random ones is far above.</summary>
    private static void NeverEnd(EncoderDecoder model)
    {
        using var noGradients = no_grad();
        using var end = model.named_parameters().Single(p => p.name == "target_embed.weight").parameter.select(0, SpecialTokens.End);
        end.zero_();
    }
}
