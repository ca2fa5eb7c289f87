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
    /// <param name="rules">Which tokens may come; null = all.</param>
    /// <param name="cancellation">Looked at in each step.</param>
    /// <returns>For each input its hypotheses, best first.</returns>
    public static IReadOnlyList<Hypothesis>[] Run(INextTokenScorer scorer, IReadOnlyList<SearchInput> inputs,
        DecodingOptions options, TokenRules? rules, CancellationToken cancellation)
    {
        // What all prompts have goes through the network at once; the rest of the longer ones a token at a time, while others are written
        // on already.
        var common = inputs.Min(input => input.Input.Prompt.Count);
        inputs = [.. inputs.Select(input => input with { Forced = input.Input.Prompt.Count - common })];
        ISearch search = options.Sample ? new Sampling(inputs, options, rules) : new BeamSearch(inputs, options, rules);
        var tree = new TokenTree();
        long[] ids = [.. inputs.SelectMany(input => input.Input.Prompt.Take(common).Prepend(SpecialTokens.Start)).Select(id => (long)id)];
        var count = inputs.Count;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var rows = search.Advance(new(scorer, tensor(ids, [count, ids.Length / count])), tree);
            if (rows.Length == 0) return search.Results;
            if (!IsUnchanged(rows, count)) scorer.Select(tensor(Array.ConvertAll(rows, row => (long)row.Parent)));
            tree.Add(rows);
            (ids, count) = (Array.ConvertAll(rows, row => (long)row.Token), rows.Length);
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
