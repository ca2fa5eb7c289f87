namespace Bdia.Core.Decoding;

/// <summary>
/// Beam search with length normalisation, as <see cref="DecodingOptions"/> describes it; a beam of one is greedy decoding.
/// </summary>
internal sealed class BeamSearch : ISearch
{
    private readonly DecodingOptions options;
    private readonly TokenRules? rules;
    private readonly Beam[] beams;
    private readonly List<Beam> live;

    public BeamSearch(IReadOnlyList<SearchInput> inputs, DecodingOptions options, TokenRules? rules)
    {
        (this.options, this.rules) = (options, rules);
        beams = inputs.Select((input, row) => new Beam(input, options, rules, row)).ToArray();
        live = [.. beams];
    }

    public IReadOnlyList<Hypothesis>[] Results => Array.ConvertAll(beams, beam => beam.Result);

    public LiveRow[] Advance(NextTokens nextTokens, TokenTree tree)
    {
        var best = rules is null ? nextTokens.Best(options.BeamSize)
            : TopTokens.Find(rules.Apply(nextTokens.Logits(), [.. live.SelectMany(beam => beam.Ruled(tree))]), options.BeamSize);
        var next = new List<LiveRow>();
        foreach (var beam in live) beam.Advance(best, tree, next);
        live.RemoveAll(beam => !beam.IsLive);
        return [.. next];
    }
}
