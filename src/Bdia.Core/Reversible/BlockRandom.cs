using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// The randomness of one block in one step. Two instances with the same key give the same masks in the same order, which is how
/// the backward pass replays dropout. A row draws by its number in the step (<see cref="TrainingClock.FirstRow"/>), the same on every
/// device. libtorch's global generator is neither read nor changed.
/// </summary>
public sealed class BlockRandom
{
    private readonly ulong key;
    private readonly long firstRow;
    private ulong draws;

    internal BlockRandom(ulong key, long firstRow) => (this.key, this.firstRow) = (key, firstRow);

    /// <summary>Inverted dropout: zeroes each element with the given probability and scales the others by 1 / (1 - probability).</summary>
    /// <param name="x">(B, ...), any shape.</param>
    /// <param name="probability">0 (returns x itself) up to, not including, 1.</param>
    public Tensor Dropout(Tensor x, double probability) => probability == 0 ? x : Drop(x, probability, x.shape);

    /// <summary>Stochastic depth: zeroes whole samples (first dimension) with the given probability and scales the others.</summary>
    /// <param name="x">(B, ...).</param>
    /// <param name="probability">0 (returns x itself) up to, not including, 1.</param>
    public Tensor DropPath(Tensor x, double probability) => probability == 0 ? x : Drop(x, probability, PerSample(x));

    /// <summary>The next mask, for whoever applies it more than once.</summary>
    internal Mask NextMask() => new(SplitMix64.Derive(key, draws++), firstRow);

    private Tensor Drop(Tensor x, double probability, long[] maskShape)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(probability);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(probability, 1.0);
        using var scope = NewDisposeScope();
        return x.mul(NextMask().Create(x, maskShape, probability)).MoveToOuterDisposeScope();
    }

    // (B, 1, ...): one element for each sample.
    private static long[] PerSample(Tensor x)
    {
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = x.shape[0];
        return shape;
    }

    /// <summary>A mask that has been drawn, though not written down.</summary>
    internal readonly record struct Mask(ulong Key, long FirstRow)
    {
        /// <summary>Multiplies the elements of x in place.</summary>
        /// <param name="x">(B, ...), float32, contiguous, on the CPU.</param>
        public void Apply(Tensor x, double probability) => DropoutMask.Apply(x, probability, Key, First(x.shape));

        /// <summary>Multiplies the samples of x in place.</summary>
        /// <param name="x">(B, ...).</param>
        public void ApplyPerSample(Tensor x, double probability) => x.mul_(Create(x, PerSample(x), probability));

        /// <summary>Multiplies some samples in memory in place, on the calling thread.</summary>
        /// <param name="x">The first of them.</param>
        /// <param name="first">Its number in the batch.</param>
        /// <param name="count">How many.</param>
        /// <param name="size">Elements of a sample.</param>
        public unsafe void Apply(float* x, long first, long count, long size, double probability)
            => DropoutMask.Apply(x, (FirstRow + first) * size, count * size, probability, Key);

        /// <summary>What a sample is multiplied by.</summary>
        /// <param name="sample">Its number in the batch.</param>
        public float OfSample(long sample, double probability) => DropoutMask.Element(FirstRow + sample, probability, Key);

        /// <summary>0 with the given probability, else 1 / (1 - probability).</summary>
        public Tensor Create(Tensor like, long[] shape, double probability)
            => (like.device_type == TorchSharp.DeviceType.CPU
                ? DropoutMask.Create(shape, probability, Key, First(shape))
                : DropoutMask.ByOperations(shape, probability, Key, First(shape), like.device)).to(like.dtype);

        // Number of the first element among those of the whole step.
        private long First(long[] shape)
        {
            var first = FirstRow;
            for (var i = 1; i < shape.Length; i++) first *= shape[i];
            return first;
        }
    }
}
