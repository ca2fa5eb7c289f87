using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>
/// A sub-layer in a step of incremental decoding on CPU memory: where its weights lie, and how it takes rows that lie as columns through
/// them. Valid while the weights are alive, for which <see cref="BlockStep"/> sees.
/// </summary>
/// <param name="norm">What stands before it.</param>
internal abstract unsafe class SublayerStep(LayerNorm norm)
{
    /// <summary>What stands before it.</summary>
    public NormWeights Norm { get; } = new(norm);

    /// <summary>Outputs of its widest product.</summary>
    public abstract int Features { get; }

    /// <summary>Computes r of what the norm has given.</summary>
    /// <param name="step">The rows at hand.</param>
    /// <param name="past">What they look back at.</param>
    /// <param name="to">r, columns.</param>
    public abstract void Run<S, V>(DecoderStep<S, V> step, in StepPast past, float* to) where S : struct, ISimd<V> where V : struct;
}

/// <summary>What all rows of a step look back at, where it lies.</summary>
/// <param name="Own">Self-attention's keys and values; the last of them are written by the step.</param>
/// <param name="Position">Their place.</param>
/// <param name="Memory">Cross-attention's keys and values, if there are any.</param>
internal readonly record struct StepPast(KeyValueView Own, long Position, KeyValueView Memory);
