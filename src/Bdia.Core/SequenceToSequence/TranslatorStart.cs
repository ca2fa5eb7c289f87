using Bdia.Core.Common;
using Bdia.Core.Formats;
using Bdia.Core.Models;

namespace Bdia.Core.SequenceToSequence;

/// <summary>What it means to go on with the weights of a translator.</summary>
internal static class TranslatorStart
{
    /// <summary>The options with the translator's tokenizers.</summary>
    /// <exception cref="ArgumentException">Others are given as well.</exception>
    public static SequenceTrainingOptions WithTokenizers(SequenceTrainingOptions sequences, Translator start)
    {
        if (sequences.SourceTokenizer is { } source && !ReferenceEquals(source, start.SourceTokenizer)
            || sequences.TargetTokenizer is { } target && !ReferenceEquals(target, start.TargetTokenizer))
            throw new ArgumentException("A tokenizer and start are both given, and the weights of start have tokenizers of their own; "
                + "leave SourceTokenizer and TargetTokenizer unset.");
        return sequences with { SourceTokenizer = start.SourceTokenizer, TargetTokenizer = start.TargetTokenizer };
    }

    /// <summary>Notes what a network has otherwise than the translator's.</summary>
    public static void Check(OptionFaults faults, EncoderDecoderOptions model, EncoderDecoderOptions there)
    {
        Require(nameof(model.Width), model.Width, there.Width);
        Require(nameof(model.EncoderDepth), model.EncoderDepth, there.EncoderDepth);
        Require(nameof(model.DecoderDepth), model.DecoderDepth, there.DecoderDepth);
        Require(nameof(model.Heads), model.Heads, there.Heads);
        Require(nameof(model.FeedForwardWidth), model.FeedForwardWidth, there.FeedForwardWidth);
        Require(nameof(model.ShareEmbeddings), model.ShareEmbeddings, there.ShareEmbeddings);
        Require(nameof(model.TieOutput), model.TieOutput, there.TieOutput);
        Require(nameof(model.Positions), model.Positions, there.Positions);
        if (there.Positions == PositionEncoding.Learned) Require(nameof(model.MaxLength), model.MaxLength, there.MaxLength);

        void Require<T>(string option, T asked, T value)
            => faults.Require(EqualityComparer<T>.Default.Equals(asked, value), option, asked, $"{value}, as in the initial weights");
    }

    /// <summary>A network with the translator's weights.</summary>
    /// <exception cref="ArgumentException">It has other sizes; the message lists all of them.</exception>
    public static EncoderDecoder Network(Translator start, EncoderDecoderOptions options, ulong seed)
    {
        OptionFaults.Validate(nameof(EncoderDecoderOptions), faults => Check(faults, options, start.Model.Options));
        return WeightTransfer.Filled(new EncoderDecoder(options, seed), network => WeightTransfer.Copy(start.Model, network, name => name));
    }
}
