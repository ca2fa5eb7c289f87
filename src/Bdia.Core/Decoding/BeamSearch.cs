using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Beam search with length normalisation, as <see cref="DecodingOptions"/> describes it; a beam of one is greedy decoding.</summary>
internal sealed class BeamSearch : ISearch
{
    private readonly DecodingOptions _options;
    private readonly Beam[] _beams;
    private readonly List<Beam> _live;

    public BeamSearch(IReadOnlyList<SearchInput> inputs, DecodingOptions options)
    {
        _options = options;
        _beams = inputs.Select((input, row) => new Beam(input, options, row)).ToArray();
        _live = [.. _beams];
    }

    public IReadOnlyList<Hypothesis>[] Results => Array.ConvertAll(_beams, beam => beam.Result);

    public LiveRow[] Advance(Tensor logits, TokenTree tree)
    {
        var best = TopTokens.FindInLogits(logits, _options.BeamSize);
        var next = new List<LiveRow>();
        foreach (var beam in _live) beam.Advance(best, tree, next);
        _live.RemoveAll(beam => !beam.IsLive);
        return [.. next];
    }
}
