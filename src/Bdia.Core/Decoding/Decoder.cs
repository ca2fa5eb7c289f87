using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Writes outputs for a batch of inputs: greedy, beam search or sampling. Finished inputs leave the batch.</summary>
/// <remarks>
/// Any number of inputs can be given at once: they are decoded in batches of inputs of like length, each with at most 512 rows and 32,768
/// positions (rows times the longest input and longest output together, in tokens), where an input has
/// <see cref="DecodingOptions.BeamSize"/> rows, or <see cref="DecodingOptions.BestCount"/> when sampling. The texts do not depend on how
/// inputs are put together, but where the network holds two tokens for equally probable up to rounding. Several threads may decode with one
/// network, if it allows that.
/// </remarks>
public static class Decoder
{
    /// <summary>Decodes sources together.</summary>
    /// <param name="model">The network, in evaluation mode.</param>
    /// <param name="sources">Sources as the network's ids, end token included, each of at least one id.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>For each source its hypotheses, best first: those that ended themselves before those that were cut off, each by
    /// <see cref="Hypothesis.Score"/>.</returns>
    /// <inheritdoc cref="Decode(INextTokenModel, IReadOnlyList{DecodingInput}, DecodingOptions, CancellationToken)" path="/exception"/>
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(
        INextTokenModel model, IReadOnlyList<IReadOnlyList<int>> sources, DecodingOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sources);
        return Decode(model, [.. sources.Select(source => new DecodingInput(source, []))], options, cancellation);
    }

    /// <summary>Decodes inputs together, each behind its prompt.</summary>
    /// <param name="model">The network, in evaluation mode.</param>
    /// <param name="inputs">Sources and prompts.</param>
    /// <param name="options">How. Lengths and probabilities are those of the output, which the prompt is no part of.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>For each input its hypotheses, best first: those that ended themselves before those that were cut off, each by
    /// <see cref="Hypothesis.Score"/>.</returns>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or the network cannot read a source; or a prompt has an id that the network does not know, or that is
    /// padding or a start token, or leaves no room for an output.
    /// </exception>
    /// <exception cref="InvalidOperationException">The network is in training mode.</exception>
    /// <exception cref="NotFiniteNumberException">The network gives logits that are not finite.</exception>
    /// <exception cref="Reversible.ReversibilityException">A state of the network left the range that can be represented exactly, or was
    /// not finite.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(
        INextTokenModel model, IReadOnlyList<DecodingInput> inputs, DecodingOptions options, CancellationToken cancellation = default)
        => Decode(model, inputs, options, null, cancellation);

    /// <summary>Decodes inputs together, each behind its prompt, where options are about texts too.</summary>
    /// <param name="tokenizer">Of the texts that the network writes; null where no option is about texts:
    /// <see cref="DecodingOptions.Prefix"/>, <see cref="DecodingOptions.UnwantedTexts"/>, <see cref="DecodingOptions.StopTexts"/> and those
    /// that say what an output may be, <see cref="DecodingOptions.OneOf"/> and its like. A prefix stands behind the prompt,
    /// and is no part of <see cref="Hypothesis.Ids"/>.</param>
    /// <inheritdoc cref="Decode(INextTokenModel, IReadOnlyList{DecodingInput}, DecodingOptions, CancellationToken)"/>
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(
        INextTokenModel model, IReadOnlyList<DecodingInput> inputs, DecodingOptions options, ITextTokenizer? tokenizer,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Check(model, options, tokenizer);
        var prefix = tokenizer is null ? [] : WrittenText.Prefix(tokenizer, options);
        if (prefix.Length > 0) inputs = [.. inputs.Select(input => input with { Prompt = [.. input.Prompt, .. prefix] })];
        var rules = TokenRules.Of(options, tokenizer);
        model.Check([.. inputs.Select(input => input.Source)]);
        var searches = inputs.Select((input, index) => new SearchInput(index, input, LongestOutput(model, input, index, options)));

        var outputs = new IReadOnlyList<Hypothesis>[inputs.Count];
        foreach (var batch in DecodingBatches.Cut(searches, options.RowsPerInput))
        {
            cancellation.ThrowIfCancellationRequested();
            using var noGraph = no_grad();
            using var scope = NewDisposeScope();
            using var scorer = model.Begin(Array.ConvertAll(batch, input => input.Input.Source), options.UseCache);
            var results = BatchDecoding.Run(scorer, batch, options, rules, cancellation);
            for (var i = 0; i < batch.Length; i++) outputs[batch[i].Index] = results[i];
        }

        return outputs;
    }

    private static void Check(INextTokenModel model, DecodingOptions options, ITextTokenizer? tokenizer)
    {
        if (tokenizer is null && options.HasTexts)
            throw new ArgumentException("The options are about texts (Prefix, UnwantedTexts, StopTexts, OneOf, OnlyWords, Pattern, "
                + "JsonShape), which only a tokenizer knows; give the network's.", nameof(tokenizer));
        if (tokenizer is not null && NetworkIds.Vocabulary(tokenizer) != model.Vocabulary)
            throw new ArgumentException($"The tokenizer has {tokenizer.Size} tokens, which make {NetworkIds.Vocabulary(tokenizer)} ids "
                + $"with the special ones, and the network writes {model.Vocabulary}; give the tokenizer that it was trained with.",
                nameof(tokenizer));
    }

    private static int LongestOutput(INextTokenModel model, DecodingInput input, int index, DecodingOptions options)
    {
        for (var i = 0; i < input.Prompt.Count; i++)
            if (input.Prompt[i] < SpecialTokens.End || input.Prompt[i] >= model.Vocabulary)
                throw new ArgumentException($"The prompt of input {index} has the id {input.Prompt[i]} at position {i}; give ids from "
                    + $"{SpecialTokens.End} to {model.Vocabulary - 1}, without padding and start token.", nameof(input));
        var room = model.LongestText - input.Prompt.Count;
        if (room < 1)
            throw new ArgumentException($"The prompt of input {index} has {input.Prompt.Count} tokens, and the network's texts have at "
                + $"most {model.LongestText}, the output's first among them; shorten it.", nameof(input));
        return Math.Min(options.LongestOutput(input.Source.Count), room);
    }
}
