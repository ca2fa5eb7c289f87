using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Writes outputs for one batch, token by token; rows that have ended leave it.</summary>
internal static class BatchDecoding
{
    /// <summary>Decodes.</summary>
    /// <param name="scorer">The network, with one empty row for each input.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="options">How.</param>
    /// <param name="device">Where the scorer wants its ids.</param>
    /// <param name="cancellation">Looked at in each step.</param>
    /// <returns>For each input its hypotheses, best first.</returns>
    public static IReadOnlyList<Hypothesis>[] Run(INextTokenScorer scorer, IReadOnlyList<DecodingInput> inputs, DecodingOptions options, Device device, CancellationToken cancellation)
    {
        ISearch search = options.Sample ? new Sampling(inputs, options) : new BeamSearch(inputs, options);
        var tree = new TokenTree();
        var ids = Enumerable.Repeat((long)SpecialTokens.Start, inputs.Count).ToArray();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = search.Advance(scorer.Next(tensor(ids, device: device)), tree);
            if (rows.Length == 0) return search.Results;
            if (!IsUnchanged(rows, ids.Length)) scorer.Select(tensor(Array.ConvertAll(rows, row => (long)row.Parent), device: device));
            tree.Add(rows);
            ids = Array.ConvertAll(rows, row => (long)row.Token);
        }
    }

    private static bool IsUnchanged(LiveRow[] rows, int before)
    {
        if (rows.Length != before) return false;
        for (var i = 0; i < before; i++)
            if (rows[i].Parent != i)
                return false;
        return true;
    }
}
