using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// The randomness of one block in one step. Two instances with the same key give the same masks in the same order, which is how
/// the backward pass replays dropout. libtorch's global generator is neither read nor changed. Masks differ between kinds of devices.
/// </summary>
public sealed class BlockRandom
{
    private readonly ulong _key;
    private ulong _draws;

    internal BlockRandom(ulong key) => _key = key;

    /// <summary>Inverted dropout: zeroes each element with the given probability and scales the others by 1 / (1 - probability).</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="probability">0 (returns x itself) up to, not including, 1.</param>
    public Tensor Dropout(Tensor x, double probability) => probability == 0 ? x : Drop(x, probability, x.shape);

    /// <summary>Stochastic depth: zeroes whole samples (first dimension) with the given probability and scales the others.</summary>
    /// <param name="x">(B, ...).</param>
    /// <param name="probability">0 (returns x itself) up to, not including, 1.</param>
    public Tensor DropPath(Tensor x, double probability) => probability == 0 ? x : Drop(x, probability, PerSample(x));

    /// <summary>The next mask, for whoever applies it more than once.</summary>
    internal Mask NextMask() => new(SplitMix64.Derive(_key, _draws++));

    /// <summary>(B, 1, ...): one element for each sample.</summary>
    internal static long[] PerSample(Tensor x)
    {
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = x.shape[0];
        return shape;
    }

    private Tensor Drop(Tensor x, double probability, long[] maskShape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1.0);
        using var scope = NewDisposeScope();
        return x.mul(NextMask().Create(x, maskShape, probability)).MoveToOuterDisposeScope();
    }

    /// <summary>A mask that has been drawn, though not written down.</summary>
    internal readonly record struct Mask(ulong Key)
    {
        /// <summary>0 with the given probability, else 1 / (1 - probability).</summary>
        public Tensor Create(Tensor like, long[] shape, double probability)
            => like.device_type == TorchSharp.DeviceType.CPU ? DropoutMask.Create(shape, probability, Key).to(like.dtype) : OnDevice(shape, like, probability, Key);

        // Other masks than the CPU's, drawn where they are needed: a copy from the host would cost more.
        private static Tensor OnDevice(long[] shape, Tensor x, double probability, ulong key)
        {
            using var generator = new Generator(key, x.device);
            return empty(shape, x.dtype, x.device).bernoulli_(1 - probability, generator).TimesInPlace(1 / (1 - probability));
        }
    }
}
