using Bdia.Core.Models;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Writes outputs for a batch of inputs: greedy, beam search or sampling. Finished inputs leave the batch.</summary>
/// <remarks>
/// Any number of inputs can be given at once: they are decoded in batches of inputs of like length, each with at most 512 rows and 32,768
/// positions (rows times the longest input and longest output together, in tokens), where an input has <see cref="DecodingOptions.BeamSize"/>
/// rows, or <see cref="DecodingOptions.BestCount"/> when sampling. The texts do not depend on how inputs are put together, but where the network
/// holds two tokens for equally probable up to rounding. Several threads may decode with one network.
/// </remarks>
public static class Decoder
{
    /// <summary>Decodes inputs together.</summary>
    /// <param name="model">The network, in evaluation mode.</param>
    /// <param name="sources">Inputs as the network's ids, end token included, each of at least one id.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>For each input its hypotheses, best first: those that ended themselves before those that were cut off, each by <see cref="Hypothesis.Score"/>.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or an input is empty, longer than learned positions reach, or has an id that the network does not know or that is padding.</exception>
    /// <exception cref="InvalidOperationException">The network is in training mode.</exception>
    /// <exception cref="NotFiniteNumberException">The network gives logits that are not finite.</exception>
    /// <exception cref="Reversible.ReversibilityException">A state of the network left the range that can be represented exactly, or was not finite.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(
        EncoderDecoder model, IReadOnlyList<IReadOnlyList<int>> sources, DecodingOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (model.training) throw new InvalidOperationException("The network is in training mode, where dropout and gamma change its output; call eval() first.");
        var longest = model.Options.Positions == PositionEncoding.Learned ? model.Options.MaxLength : int.MaxValue;
        var inputs = sources.Select((ids, index) =>
        {
            Check(sources, index, model.Options.SourceVocabulary, longest);
            return new DecodingInput(index, ids, Math.Min(options.LongestOutput(ids.Count), longest));
        }).ToArray();

        var device = model.parameters().First().device;
        var outputs = new IReadOnlyList<Hypothesis>[inputs.Length];
        foreach (var batch in DecodingBatches.Of(inputs, options.RowsPerInput))
        {
            cancellation.ThrowIfCancellationRequested();
            using var noGraph = no_grad();
            using var scope = NewDisposeScope();
            var source = Pad(batch, device);
            using INextTokenScorer scorer = options.UseCache ? new CachedScorer(model, source) : new UncachedScorer(model, source);
            var results = BatchDecoding.Run(scorer, batch, options, device, cancellation);
            for (var i = 0; i < batch.Length; i++) outputs[batch[i].Index] = results[i];
        }

        return outputs;
    }

    private static void Check(IReadOnlyList<IReadOnlyList<int>> sources, int index, int vocabulary, int longest)
    {
        var ids = sources[index];
        if (ids is null || ids.Count == 0) throw new ArgumentException($"Input {index} is {(ids is null ? "null" : "empty")}; give at least the end token, {SpecialTokens.End}.", nameof(sources));
        if (ids.Count > longest)
            throw new ArgumentException($"Input {index} has {ids.Count} tokens, and the network's learned positions reach {longest}; shorten it.", nameof(sources));
        for (var i = 0; i < ids.Count; i++)
            if (ids[i] <= SpecialTokens.Padding || ids[i] >= vocabulary)
                throw new ArgumentException($"Input {index} has the id {ids[i]} at position {i}; give ids from {SpecialTokens.Padding + 1} to {vocabulary - 1}, without padding.", nameof(sources));
    }

    /// <summary>(B, S), padded at the end.</summary>
    private static Tensor Pad(DecodingInput[] batch, Device device)
    {
        var length = batch.Max(input => input.Ids.Count);
        var ids = new long[batch.Length * length]; // zeros are padding
        for (var b = 0; b < batch.Length; b++)
            for (var i = 0; i < batch[b].Ids.Count; i++)
                ids[b * length + i] = batch[b].Ids[i];
        return tensor(ids, [batch.Length, length], device: device);
    }
}
