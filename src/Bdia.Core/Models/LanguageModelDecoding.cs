using Bdia.Core.Blocks;
using Bdia.Core.Decoding;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

// How it writes: the half that trainers do not use.
public sealed partial class LanguageModel : INextTokenModel
{
    int INextTokenModel.Vocabulary => Options.Vocabulary;

    int INextTokenModel.LongestText => Options.MaxLength;

    void INextTokenModel.Check(IReadOnlyList<IReadOnlyList<int>> sources)
    {
        if (training) throw new InvalidOperationException(
            "The network is in training mode, where dropout and gamma change its output; call eval() first.");
        for (var index = 0; index < sources.Count; index++)
            if (sources[index] is not { Count: 0 })
                throw new ArgumentException($"Input {index} has a source of {sources[index]?.Count} tokens, and this network reads none: "
                    + "what a text begins with is its prompt.", nameof(sources));
    }

    INextTokenScorer INextTokenModel.Begin(IReadOnlyList<IReadOnlyList<int>> sources, bool useCache)
    {
        var device = Device;
        return useCache
            ? new CachedScorer(new DecoderState(this, new DecodingCache(Blocks, sources.Count, device)),
                (ids, state) => NextStates(ids.to(device), state), Output with { Precision = ComputePrecision.Float32 })
            : new UncachedScorer(sources.Count, device, [], (written, _) => Output.TransposedLogits(Read(written).select(1, -1)));
    }

    // Of ids (R, T) that are new, what the output product is taken of behind the last one: (R, D), in float32.
    private Tensor NextStates(Tensor ids, DecoderState state)
    {
        using var scope = NewDisposeScope();
        var x = Inference.Run(Blocks.EvaluationRun, Embed(ids, state.Length), state.Cache.Next); // (R, T, D)
        var states = norm.forward(x.select(1, -1));
        state.Cache.Advance(ids.shape[1]);
        return states.MoveToOuterDisposeScope();
    }
}
