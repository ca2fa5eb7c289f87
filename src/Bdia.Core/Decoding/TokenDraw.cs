using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Draws a token for each row.</summary>
/// <remarks>
/// A token is where a uniform number falls in the cumulative probabilities, summed in the order of ids and not of probabilities: two
/// tokens whose probabilities change places by a rounding error then change nothing.
/// </remarks>
internal static class TokenDraw
{
    private const int FirstCandidates = 128;

    /// <param name="logProbabilities">(R, V), minus infinity for tokens that are never drawn.</param>
    /// <param name="uniforms">For each row a number in [0, 1).</param>
    /// <param name="options">Temperature, top-k and top-p.</param>
    /// <returns>A token for each row; of a row that is not finite, any.</returns>
    public static long[] From(Tensor logProbabilities, double[] uniforms, DecodingOptions options)
    {
        using var scope = NewDisposeScope();
        var tempered = logProbabilities.to(float64).Times(1 / options.Temperature).log_softmax(1);
        return options is { TopK: 0, TopP: 1 } ? FromAll(tempered, uniforms) : FromBest(tempered, uniforms, options);
    }

    private static long[] FromAll(Tensor logProbabilities, double[] uniforms)
    {
        var cumulative = logProbabilities.exp().cumsum(1);
        var total = cumulative.narrow(1, -1, 1);
        var target = tensor(uniforms, device: cumulative.device).unsqueeze(1).mul(total);
        // The first token whose sum exceeds the target; rounding must not lead beyond the last one with a probability.
        var token = minimum(cumulative.le(target).sum(1), cumulative.lt(total).sum(1)).cpu();
        return MemoryMarshal.Cast<byte, long>(token.bytes).ToArray();
    }

    private static long[] FromBest(Tensor logProbabilities, double[] uniforms, DecodingOptions options)
    {
        var vocabulary = (int)logProbabilities.shape[1];
        var count = Math.Min(options.TopK == 0 ? FirstCandidates : options.TopK, vocabulary);
        while (true)
        {
            var best = TopTokens.Find(logProbabilities, count);
            // Without top-k, the fewest tokens that make up top-p may be more than were asked for.
            var isAll = count == vocabulary || options.TopK > 0;
            var tokens = new long[uniforms.Length];
            var row = 0;
            while (row < tokens.Length && Pick(best.Values(row), best.Ids(row), isAll, options.TopP,
                uniforms[row]) is { } token) tokens[row++] = token;
            if (row == tokens.Length) return tokens;
            count = (int)Math.Min(4L * count, vocabulary);
        }
    }

    /// <param name="logProbabilities">Of the candidates, greatest first.</param>
    /// <param name="ids">The candidates.</param>
    /// <param name="isAll">Whether no other tokens may be drawn; where others may, all probabilities sum to 1.</param>
    /// <param name="topP">Share of the probability that the tokens to draw from make up.</param>
    /// <param name="uniform">In [0, 1).</param>
    /// <returns>A token, or null where more candidates are needed.</returns>
    private static long? Pick(ReadOnlySpan<double> logProbabilities, ReadOnlySpan<int> ids, bool isAll, double topP, double uniform)
    {
        var total = 1.0;
        if (isAll)
        {
            total = 0;
            foreach (var logProbability in logProbabilities) total += Math.Exp(logProbability);
        }

        var (kept, sum) = (0, 0.0);
        while (kept < ids.Length && (kept == 0 || sum < topP * total)) sum += Math.Exp(logProbabilities[kept++]);
        if (sum < topP * total && !isAll) return null;

        var byId = new (int Id, double Probability)[kept];
        for (var i = 0; i < kept; i++) byId[i] = (ids[i], Math.Exp(logProbabilities[i]));
        Array.Sort(byId);
        var (token, target, reached) = (byId[0].Id, uniform * sum, 0.0);
        foreach (var (id, probability) in byId)
        {
            if (probability > 0) token = id; // rounding must not lead beyond the last one with a probability
            if ((reached += probability) > target) break;
        }

        return token;
    }
}
