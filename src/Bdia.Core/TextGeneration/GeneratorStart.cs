using Bdia.Core.Common;
using Bdia.Core.Formats;
using Bdia.Core.Models;

namespace Bdia.Core.TextGeneration;

/// <summary>What it means to go on with the weights of a generator.</summary>
internal static class GeneratorStart
{
    /// <summary>The options with the generator's tokenizer.</summary>
    /// <exception cref="ArgumentException">Another one is given as well.</exception>
    public static GenerationTrainingOptions WithTokenizer(GenerationTrainingOptions generation, TextGenerator start)
    {
        if (generation.Tokenizer is { } tokenizer && !ReferenceEquals(tokenizer, start.Tokenizer))
            throw new ArgumentException("A tokenizer and start are both given, and the weights of start have a tokenizer of their own; "
                + "leave Tokenizer unset.");
        return generation with { Tokenizer = start.Tokenizer };
    }

    /// <summary>Notes what a network has otherwise than the generator's.</summary>
    public static void Check(OptionFaults faults, LanguageModelOptions model, LanguageModelOptions there)
    {
        Require(nameof(model.Width), model.Width, there.Width);
        Require(nameof(model.Depth), model.Depth, there.Depth);
        Require(nameof(model.Heads), model.Heads, there.Heads);
        Require(nameof(model.FeedForwardWidth), model.FeedForwardWidth, there.FeedForwardWidth);
        Require(nameof(model.MaxLength), model.MaxLength, there.MaxLength);

        void Require<T>(string option, T asked, T value)
            => faults.Require(EqualityComparer<T>.Default.Equals(asked, value), option, asked, $"{value}, as in the initial weights");
    }

    /// <summary>A network with the generator's weights.</summary>
    /// <exception cref="ArgumentException">It has other sizes; the message lists all of them.</exception>
    public static LanguageModel Network(TextGenerator start, LanguageModelOptions options, ulong seed)
    {
        OptionFaults.Validate(nameof(LanguageModelOptions), faults => Check(faults, options, start.Model.Options));
        return WeightTransfer.Filled(new LanguageModel(options, seed), network => WeightTransfer.Copy(start.Model, network, name => name));
    }
}
