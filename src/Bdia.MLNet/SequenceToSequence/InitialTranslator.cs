using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.MLNet.Texts;
using Options = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The translator that <see cref="Options.InitialWeights"/> names.</summary>
internal sealed class InitialTranslator : IDisposable
{
    private readonly InitialWeights.LoadedModel<BdiaSequenceToSequenceTransformer> loaded;
    private readonly string title;

    private InitialTranslator(InitialWeights.LoadedModel<BdiaSequenceToSequenceTransformer> loaded, string title)
        => (this.loaded, this.title) = (loaded, title);

    /// <summary>The translator.</summary>
    public Translator Translator => loaded.Transformer.Model;

    /// <summary>What there is to say of it.</summary>
    public string Told => $"Training begins with the weights of {title}, and keeps its tokenizers.";

    /// <summary>Opens it; null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is no translator.</exception>
    public static InitialTranslator? Open(Options options)
    {
        if (options.InitialWeights is not { } initial) return null;
        if (!initial.IsModel())
            throw new InvalidDataException($"InitialWeights is {initial}, which is no model that mlContext.Model.Save wrote. Sequence to "
                + "sequence goes on with a fitted model of its own, or with the file of one.");
        return new(initial.Load<BdiaSequenceToSequenceTransformer>(), $"{initial}");
    }

    /// <summary>Places that weights learned, each by itself; null where there are as many as one likes.</summary>
    public static int? Places(EncoderDecoderOptions? weights)
        => weights is { Positions: PositionEncoding.Learned } ? weights.MaxLength : null;

    public void Dispose() => loaded.Dispose();

    /// <summary>Notes options that contradict the weights.</summary>
    public void Check(Options options, OptionFaults faults)
    {
        var there = Translator.Model.Options;
        Require(nameof(options.Width), options.Width, there.Width);
        Require(nameof(options.EncoderDepth), options.EncoderDepth, there.EncoderDepth);
        Require(nameof(options.DecoderDepth), options.DecoderDepth, there.DecoderDepth);
        Require(nameof(options.Heads), options.Heads, there.Heads);
        Require(nameof(options.FeedForwardWidth), options.FeedForwardWidth, there.FeedForwardWidth);
        Require(nameof(options.ShareEmbeddings), options.ShareEmbeddings, there.ShareEmbeddings);
        Require(nameof(options.TieOutput), options.TieOutput, there.TieOutput);
        Require(nameof(options.Positions), options.Positions, there.Positions);
        TokenLimit.Check(options.MaxTokens, Places(there), title, faults);
        if (options.Preset != EncoderDecoderPreset.Compact)
            faults.Add($"Preset is {options.Preset}, and InitialWeights say what the network is: leave one of the two unset.");
        string?[] given =
        [
            options.SourceTokenizer is null ? null : nameof(options.SourceTokenizer), options.SourceTokenizerFile,
            options.TargetTokenizer is null ? null : nameof(options.TargetTokenizer), options.TargetTokenizerFile,
        ];
        if (given.Any(tokenizer => tokenizer is not null))
            faults.Add("InitialWeights and a tokenizer are both given, and the weights have tokenizers of their own: leave "
                + "SourceTokenizer, TargetTokenizer and the files of either unset.");

        void Require<T>(string name, T? asked, T value) where T : struct
            => faults.Require(EqualityComparer<T>.Default.Equals(asked ?? value, value), name, asked,
                $"{value}, as in InitialWeights ({title}), or unset");
    }
}
