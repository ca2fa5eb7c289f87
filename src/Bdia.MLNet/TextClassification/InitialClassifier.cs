using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Texts;
using Options = Bdia.MLNet.BdiaTextClassificationTrainer.Options;

namespace Bdia.MLNet.TextClassification;

/// <summary>
/// The weights that <see cref="Options.InitialWeights"/> names: of a text classifier, or of a model whose encoder reads texts.
/// </summary>
internal sealed class InitialClassifier : IDisposable
{
    private readonly InitialWeights.LoadedModel<BdiaTransformer> loaded;
    private readonly string title;

    private InitialClassifier(InitialWeights.LoadedModel<BdiaTransformer> loaded, string title)
    {
        (this.loaded, this.title) = (loaded, title);
        // Which classes are kept is known with the label alone; sizes are the same.
        Sizes = Start(keptClasses: null).Sizes;
    }

    /// <summary>Options of a network of these sizes.</summary>
    public TextEncoderOptions Sizes { get; }

    /// <summary>Opens them; null where there are none.</summary>
    /// <exception cref="InvalidDataException">They are those of no model that a text classifier can begin with.</exception>
    public static InitialClassifier? Open(Options options)
    {
        if (options.InitialWeights is not { } initial) return null;
        if (!initial.IsModel())
            throw new InvalidDataException($"InitialWeights is {initial}, which is no model that mlContext.Model.Save wrote. A text "
                + "classifier begins with a fitted text classifier, translator or generator, or with the file of one.");
        var loaded = initial.Load<BdiaTransformer>();
        if (loaded.Transformer is BdiaTextClassificationTransformer or IReadsTexts) return new(loaded, $"{initial}");
        loaded.Dispose();
        throw new InvalidDataException($"InitialWeights is {initial}, a {loaded.Transformer.GetType().Name}, of which a text classifier "
            + "can take nothing. Give a fitted text classifier, translator or generator.");
    }

    /// <summary>Places that weights learned, each by itself; null where there are as many as one likes.</summary>
    public static int? Places(TextEncoderOptions? weights)
        => weights is { Positions: PositionEncoding.Learned } ? weights.MaxLength : null;

    public void Dispose() => loaded.Dispose();

    /// <summary>Notes options that contradict the weights.</summary>
    public void Check(Options options, OptionFaults faults)
    {
        Require(nameof(options.Width), options.Width, Sizes.Width);
        Require(nameof(options.Depth), options.Depth, Sizes.Depth);
        Require(nameof(options.Heads), options.Heads, Sizes.Heads);
        Require(nameof(options.FeedForwardWidth), options.FeedForwardWidth, Sizes.FeedForwardWidth);
        Require(nameof(options.Positions), options.Positions, Sizes.Positions);
        TokenLimit.Check(options.MaxTokens, Places(Sizes), title, faults);
        if (options.Preset != TextEncoderPreset.Compact)
            faults.Add($"Preset is {options.Preset}, and InitialWeights say what the network is: leave one of the two unset.");
        if (options.Tokenizer is not null || options.TokenizerFile is not null)
            faults.Add("InitialWeights and a tokenizer are both given, and the weights have a tokenizer of their own: leave Tokenizer and "
                + "TokenizerFile unset.");
        if (Sizes.Pairs && options.Sentence2ColumnName is null)
            faults.Add($"InitialWeights ({title}) were trained on pairs of texts: give Sentence2ColumnName.");

        void Require<T>(string name, T? asked, T there) where T : struct
            => faults.Require(EqualityComparer<T>.Default.Equals(asked ?? there, there), name, asked,
                $"{there}, as in InitialWeights ({title}), or unset");
    }

    /// <summary>What training begins with, and what there is to say of it.</summary>
    public TextClassifierStart Start(LabelColumn label, out string told)
    {
        told = $"Class token and head for {label.Classes} classes are drawn anew; embedding, tokenizer and blocks are kept.";
        var kept = loaded.Transformer is BdiaTextClassificationTransformer own ? KeptClasses.Of(label, own.Columns, title, out told) : null;
        told = $"Training begins with the weights of {title}. {told}";
        return Start(kept);
    }

    private TextClassifierStart Start(IReadOnlyList<int>? keptClasses)
    {
        if (loaded.Transformer is BdiaTextClassificationTransformer own) return TextClassifierStart.From(own.Model, keptClasses);
        var reads = (IReadsTexts)loaded.Transformer;
        return reads.Network switch
        {
            EncoderDecoder network => TextClassifierStart.From(network, reads.ReadTokenizer),
            LanguageModel network => TextClassifierStart.From(network, reads.ReadTokenizer),
            var other => throw new InvalidOperationException($"There is no way from a {other.GetName()} to a text classifier."),
        };
    }
}
