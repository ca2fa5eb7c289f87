using Bdia.Core.Common;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>
/// Weights that training begins with, in place of random ones, and the tokenizer that belongs to them: those of a classifier, to go on with
/// new rows or other classes, of the encoder of a network that has learned to translate, or of one that goes on with texts.
/// </summary>
/// <remarks>The network that they are of is left as it is, and must not be disposed before training has begun.</remarks>
public sealed class TextClassifierStart
{
    private readonly nn.Module source;
    private readonly Func<string, string?> nameThere;
    private readonly IReadOnlyList<int>? keptClasses;

    private TextClassifierStart(nn.Module source, Func<string, string?> nameThere, ITextTokenizer tokenizer, TextEncoderOptions sizes,
        IReadOnlyList<int>? keptClasses)
    {
        (this.source, this.nameThere, this.keptClasses) = (source, nameThere, keptClasses);
        (Tokenizer, Sizes) = (tokenizer, sizes);
    }

    /// <summary>What vectors of tokens are multiplied by where the weights are from, over what they are here.</summary>
    private double EmbeddingFactor { get; init; } = 1;

    /// <summary>The tokenizer that the weights were trained with.</summary>
    public ITextTokenizer Tokenizer { get; }

    /// <summary>Options of a network of these sizes; classes and regularisation may be others.</summary>
    public TextEncoderOptions Sizes { get; }

    /// <summary>The weights of a classifier.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="keptClasses">
    /// For each class to be told apart the class of the classifier whose row of the head it takes, or -1 for one that is drawn anew. Null:
    /// the head as it is.
    /// </param>
    public static TextClassifierStart From(TextClassifier classifier, IReadOnlyList<int>? keptClasses)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        var there = classifier.Model.Options;
        foreach (var kept in keptClasses ?? [])
        {
            if (kept < -1 || kept >= there.Classes)
                throw new ArgumentException($"keptClasses has {kept}; it must have classes of the classifier, 0..{there.Classes - 1}, or "
                    + "-1.", nameof(keptClasses));
        }

        return new(classifier.Model, name => keptClasses is not null && IsHead(name) ? null : name, classifier.Tokenizer,
            there with { Classes = keptClasses?.Count ?? there.Classes }, keptClasses);
    }

    /// <summary>
    /// The weights of the encoder of a network that translates: embedding, blocks and norm. Class token and head are drawn anew.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="sourceTokenizer">The tokenizer of what it reads.</param>
    public static TextClassifierStart From(EncoderDecoder network, ITextTokenizer sourceTokenizer)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(sourceTokenizer);
        var there = network.Options;
        var sizes = new TextEncoderOptions
        {
            Vocabulary = there.SourceVocabulary, Width = there.Width, Depth = there.EncoderDepth, Heads = there.Heads,
            FeedForwardWidth = there.FeedForwardWidth, Dropout = there.Dropout, Positions = there.Positions, MaxLength = there.MaxLength,
            Precision = there.Precision, Stack = there.Stack,
        };
        return new(network, Name, sourceTokenizer, sizes, null);

        string? Name(string name) => name switch
        {
            "embed.weight" => there.ShareEmbeddings ? name : "source_embed.weight",
            "positions.weight" => "source_positions.weight",
            _ => name.StartsWith("encoder", StringComparison.Ordinal) ? name : null,
        };
    }

    /// <summary>
    /// The weights of a language model: embedding, places, blocks and norm. Its blocks have learned to look back alone, and now see the
    /// whole text; class token and head are drawn anew.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    public static TextClassifierStart From(LanguageModel network, ITextTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(tokenizer);
        var there = network.Options;
        var sizes = new TextEncoderOptions
        {
            Vocabulary = there.Vocabulary, Width = there.Width, Depth = there.Depth, Heads = there.Heads,
            FeedForwardWidth = there.FeedForwardWidth, Dropout = there.Dropout, Positions = PositionEncoding.Learned,
            MaxLength = there.MaxLength, Precision = there.Precision, Stack = there.Stack,
        };
        return new(network, Name, tokenizer, sizes, null) { EmbeddingFactor = LanguageModel.Scale(there) / Math.Sqrt(there.Width) };

        static string? Name(string name) => name switch
        {
            "embed.weight" or "positions.weight" => name,
            "encoder_norm.weight" => "norm.weight",
            "encoder_norm.bias" => "norm.bias",
            _ => name.StartsWith("encoder.", StringComparison.Ordinal) ? $"blocks.{name["encoder.".Length..]}" : null,
        };
    }

    /// <summary>Notes what a network has otherwise than the weights.</summary>
    /// <param name="faults">Where it is noted.</param>
    /// <param name="model">The network.</param>
    public void Check(OptionFaults faults, TextEncoderOptions model)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(model);
        Require(nameof(model.Width), model.Width, Sizes.Width);
        Require(nameof(model.Depth), model.Depth, Sizes.Depth);
        Require(nameof(model.Heads), model.Heads, Sizes.Heads);
        Require(nameof(model.FeedForwardWidth), model.FeedForwardWidth, Sizes.FeedForwardWidth);
        Require(nameof(model.Positions), model.Positions, Sizes.Positions);
        if (Sizes.Positions == PositionEncoding.Learned) Require(nameof(model.MaxLength), model.MaxLength, Sizes.MaxLength);

        void Require<T>(string option, T asked, T there)
            => faults.Require(EqualityComparer<T>.Default.Equals(asked, there), option, asked, $"{there}, as in the initial weights");
    }

    /// <summary>A network that begins with the weights; what they lack is drawn.</summary>
    /// <param name="options">Of their sizes.</param>
    /// <param name="seed">Of what is drawn, and of the clock.</param>
    /// <exception cref="ArgumentException">It has other sizes than the weights; the message lists all of them.</exception>
    internal TextEncoder Network(TextEncoderOptions options, ulong seed)
    {
        OptionFaults.Validate(nameof(TextEncoderOptions), faults => Check(faults, options));
        return WeightTransfer.Filled(new TextEncoder(options, seed), network =>
        {
            // Vectors for the texts of a pair are new where the weights are of single ones.
            WeightTransfer.Copy(source, network, name => name == "segments" && !Sizes.Pairs ? null : nameThere(name));
            var (from, to) = (Named(source), Named(network));
            if (EmbeddingFactor != 1)
            {
                using var noGradients = no_grad();
                using var scope = NewDisposeScope();
                to["embed.weight"].TimesInPlace(EmbeddingFactor);
            }

            if (keptClasses is null) return;
            foreach (var name in to.Keys.Where(IsHead)) WeightTransfer.CopyRows(from[name], to[name], keptClasses);
        });
    }

    private static bool IsHead(string name) => name.StartsWith("head.", StringComparison.Ordinal);

    private static Dictionary<string, Tensor> Named(nn.Module module)
        => module.named_parameters().ToDictionary(item => item.name, item => (Tensor)item.parameter);
}
