using Bdia.Core.Models;

namespace Bdia.Core.Decoding;

/// <summary>Writes outputs for a batch of inputs: greedy, beam search or sampling. Finished inputs leave the batch.</summary>
public static class Decoder
{
    /// <summary>Decodes inputs together.</summary>
    /// <param name="model">The network, in evaluation mode.</param>
    /// <param name="sources">Inputs as the network's ids, end token included, each of at least one id.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>For each input its hypotheses, best first.</returns>
    public static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(
        EncoderDecoder model, IReadOnlyList<IReadOnlyList<int>> sources, DecodingOptions options, CancellationToken cancellation = default)
        => throw new NotImplementedException();
}
