using Bdia.Core.Blocks;
using Bdia.Core.Decoding;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

// How it writes: the half that trainers do not use.
public sealed partial class EncoderDecoder
{
    int INextTokenModel.Vocabulary => Options.TargetVocabulary;

    int INextTokenModel.LongestText => Options.Positions == PositionEncoding.Learned ? Options.MaxLength : int.MaxValue;

    /// <summary>Starts incremental decoding: encodes sources, and computes every block's cross-attention keys and values once.</summary>
    /// <remarks>
    /// In float32 whatever <see cref="EncoderDecoderOptions.Precision"/> is, like <see cref="Next"/>, so that decoding texts together or
    /// one by one agrees up to float rounding.
    /// </remarks>
    /// <param name="source">Ids (B, S), as for <see cref="Encode"/>.</param>
    /// <returns>A state of B rows and length 0, for <see cref="Next"/>; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">The network is in training mode.</exception>
    /// <exception cref="ArgumentException">Ids are of another shape or type or not in the vocabulary, a row is empty, or a text is longer
    /// than learned positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public DecoderState Begin(Tensor source)
    {
        CheckEvaluation();
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var mask = TokenMask.Of(source, nameof(source));
        var context = new ResidualContext(null, [mask]) { InFloat32 = true };
        var x = Inference.Run(Encoder.EvaluationRun, this.source.Apply(source, 0, null), context);
        var memory = this.encoderNorm.forward(x);
        return new DecoderState(this, new DecodingCache(Decoder, mask.shape[0], mask.device, memory, mask));
    }

    /// <summary>
    /// Writes one position more of every row: what <see cref="Decode"/> and <see cref="Project"/> give there, in float32.
    /// </summary>
    /// <remarks>
    /// Equal to them up to float rounding, which the grid of <see cref="BdiaStackOptions.FractionBits"/> may turn into a grid step.
    /// </remarks>
    /// <param name="ids">The ids at that position (rows), int64: <see cref="SpecialTokens.Start"/> at first, then what was chosen of the
    /// last logits.</param>
    /// <param name="state">Of <see cref="Begin"/> of this network; it is one position longer afterwards, and as before if this
    /// fails.</param>
    /// <returns>Logits (rows, V) of the next token, float32.</returns>
    /// <exception cref="InvalidOperationException">The network is in training mode.</exception>
    /// <exception cref="ArgumentException">Ids are of another shape or type or not in the vocabulary, or the text is longer than learned
    /// positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor Next(Tensor ids, DecoderState state)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(state);
        CheckEvaluation();
        if (state.Network != this) throw new ArgumentException(
            "The state was begun by another network; give each network the states that it began.", nameof(state));
        if (!ids.shape.AsSpan().SequenceEqual([state.Rows]))
            throw new ArgumentException($"Ids have shape ({string.Join(", ", ids.shape)}); give one for each of the state's "
                + $"{state.Rows} rows.", nameof(ids));
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        return OutputInFloat32.TransposedLogits(NextStates(ids.unsqueeze(1), state)).contiguous().MoveToOuterDisposeScope();
    }

    // Of ids (R, T) that are new, what the output product is taken of behind the last one: (R, D).
    private Tensor NextStates(Tensor ids, DecoderState state)
    {
        using var scope = NewDisposeScope();
        var x = this.target.Apply(ids, state.Length, null); // (R, T, D)
        x = Inference.Run(Decoder.EvaluationRun, x, state.Cache.Next);
        var states = this.decoderNorm.forward(x.select(1, -1));
        state.Cache.Advance(ids.shape[1]);
        return states.MoveToOuterDisposeScope();
    }

    void INextTokenModel.Check(IReadOnlyList<IReadOnlyList<int>> sources)
    {
        if (training) throw new InvalidOperationException(
            "The network is in training mode, where dropout and gamma change its output; call eval() first.");
        for (var index = 0; index < sources.Count; index++) Check(sources, index);
    }

    INextTokenScorer INextTokenModel.Begin(IReadOnlyList<IReadOnlyList<int>> sources, bool useCache)
    {
        using var scope = NewDisposeScope();
        var device = this.decoderNorm.Weight.device;
        var source = Padded(sources).to(device);
        if (useCache) return new CachedScorer(Begin(source), (ids, state) => NextStates(ids.to(device), state), OutputInFloat32);
        return new UncachedScorer(sources.Count, device, [source, Encode(source)],
            (written, given) => Output.TransposedLogits(Decode(written, given[1], given[0]).select(1, -1)));
    }

    private void Check(IReadOnlyList<IReadOnlyList<int>> sources, int index)
    {
        var (ids, longest) = (sources[index], ((INextTokenModel)this).LongestText);
        if (ids is null || ids.Count == 0)
            throw new ArgumentException($"Input {index} is {(ids is null ? "null" : "empty")}; give at least the end token, "
            + $"{SpecialTokens.End}.", nameof(sources));
        if (ids.Count > longest)
            throw new ArgumentException($"Input {index} has {ids.Count} tokens, and the network's learned positions reach {longest}; "
                + "shorten it.", nameof(sources));
        for (var i = 0; i < ids.Count; i++)
            if (ids[i] <= SpecialTokens.Padding || ids[i] >= Options.SourceVocabulary)
                throw new ArgumentException($"Input {index} has the id {ids[i]} at position {i}; give ids from "
                    + $"{SpecialTokens.Padding + 1} to {Options.SourceVocabulary - 1}, without padding.", nameof(sources));
    }

    // (B, S), padded at the end.
    private static Tensor Padded(IReadOnlyList<IReadOnlyList<int>> sources)
    {
        var length = sources.Max(ids => ids.Count);
        var padded = new long[sources.Count * length]; // zeros are padding
        for (var b = 0; b < sources.Count; b++)
            for (var i = 0; i < sources[b].Count; i++)
                padded[b * length + i] = sources[b][i];
        return tensor(padded, [sources.Count, length]);
    }

    private OutputProduct OutputInFloat32 => Output with { Precision = ComputePrecision.Float32 };

    private void CheckEvaluation()
    {
        if (training) throw new InvalidOperationException(
            "The network is in training mode, where decoding would be random; call eval() on it first.");
    }
}
