using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.TextGeneration;
using Bdia.MLNet.Texts;
using Options = Bdia.MLNet.BdiaTextGenerationTrainer.Options;

namespace Bdia.MLNet.TextGeneration;

/// <summary>The generator that <see cref="Options.InitialWeights"/> names.</summary>
internal sealed class InitialGenerator : IDisposable
{
    private readonly InitialWeights.LoadedModel<BdiaTextGenerationTransformer> loaded;
    private readonly string title;

    private InitialGenerator(InitialWeights.LoadedModel<BdiaTextGenerationTransformer> loaded, string title)
        => (this.loaded, this.title) = (loaded, title);

    /// <summary>The generator.</summary>
    public TextGenerator Generator => loaded.Transformer.Model;

    /// <summary>What there is to say of it.</summary>
    public string Told => $"Training begins with the weights of {title}, and keeps its tokenizer.";

    /// <summary>Opens it; null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is no generator.</exception>
    public static InitialGenerator? Open(Options options)
    {
        if (options.InitialWeights is not { } initial) return null;
        if (!initial.IsModel())
            throw new InvalidDataException($"InitialWeights is {initial}, which is no model that mlContext.Model.Save wrote. Text "
                + "generation goes on with a fitted model of its own, or with the file of one.");
        return new(initial.Load<BdiaTextGenerationTransformer>(), $"{initial}");
    }

    public void Dispose() => loaded.Dispose();

    /// <summary>Notes options that contradict the weights.</summary>
    public void Check(Options options, OptionFaults faults)
    {
        var there = Generator.Model.Options;
        Require(nameof(options.Width), options.Width, there.Width);
        Require(nameof(options.Depth), options.Depth, there.Depth);
        Require(nameof(options.Heads), options.Heads, there.Heads);
        Require(nameof(options.FeedForwardWidth), options.FeedForwardWidth, there.FeedForwardWidth);
        TokenLimit.Check(options.MaxTokens, there.MaxLength, title, faults);
        if (options.Preset != LanguageModelPreset.Compact)
            faults.Add($"Preset is {options.Preset}, and InitialWeights say what the network is: leave one of the two unset.");
        if (options.Tokenizer is not null || options.TokenizerFile is not null)
            faults.Add("InitialWeights and a tokenizer are both given, and the weights have a tokenizer of their own: leave Tokenizer and "
                + "TokenizerFile unset.");

        void Require<T>(string name, T? asked, T value) where T : struct
            => faults.Require(EqualityComparer<T>.Default.Equals(asked ?? value, value), name, asked,
                $"{value}, as in InitialWeights ({title}), or unset");
    }
}
