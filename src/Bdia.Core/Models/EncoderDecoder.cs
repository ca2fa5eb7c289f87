using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>An encoder-decoder transformer (Vaswani et al., 2017; pre-norm) whose two stacks are reversible.</summary>
public sealed class EncoderDecoder : nn.Module
{
    public EncoderDecoder(EncoderDecoderOptions options, ulong seed) : base(nameof(EncoderDecoder)) => throw new NotImplementedException();

    public static IReadOnlyCollection<string> WithoutDecay => throw new NotImplementedException();

    public EncoderDecoderOptions Options => throw new NotImplementedException();

    public TrainingClock Clock => throw new NotImplementedException();

    public BdiaStack Encoder => throw new NotImplementedException();

    public BdiaStack Decoder => throw new NotImplementedException();

    /// <summary>Reads sources. ids: (B, S) int64, padded at the end with SpecialTokens.Padding. Result: memory (B, S, D), float32.</summary>
    public Tensor Encode(Tensor source) => throw new NotImplementedException();

    /// <summary>Teacher forcing: target (B, T) int64, padded at the end, start token first. Result: states (B, T, D) behind the final norm; position t has seen target 0..t.</summary>
    public Tensor Decode(Tensor target, Tensor memory, Tensor source) => throw new NotImplementedException();

    /// <summary>Logits (..., V) float32 of states (..., D).</summary>
    public Tensor Project(Tensor states) => throw new NotImplementedException();

    /// <summary>Starts incremental decoding (evaluation mode, no gradients): encodes (B, S) and computes every block's cross-attention keys and values once.</summary>
    public DecoderState Begin(Tensor source) => throw new NotImplementedException();

    /// <summary>One position more for all rows: ids (B) int64 in, logits (B, V) float32 of the next token out.</summary>
    public Tensor Next(Tensor ids, DecoderState state) => throw new NotImplementedException();
}
