using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>Audit mode: two 64-bit sums over the bits of every state; a difference is an error that names the block.</summary>
internal sealed class ChecksumWitness(int depth, FixedPointGrid grid) : IStateWitness
{
    private readonly float scale = grid.Scale;
    private readonly (long Sum, long Weighted)[] checksums = new (long, long)[depth];

    public void Record(int k, Tensor state) => checksums[k] = Checksum(state);

    public void Compare(int k, Tensor rebuilt)
    {
        if (Checksum(rebuilt) != checksums[k])
            throw ReversibilityException.NotRebuilt(k + 1,
                $"State {k} was rebuilt with other bits than it had: block {k + 1} did not repeat its residual exactly.");
    }

    private (long, long) Checksum(Tensor state)
    {
        const int weightPeriod = 65521; // a prime, so that two swapped elements change the second sum
        using var scope = NewDisposeScope();
        // The grid integer and the sign, which is all there is to a state's bits; libtorch's view by another type is not at hand here.
        var bits = state.Times(scale).to(int64).TimesInPlace(2).PlusInPlace(state.signbit()).reshape(-1);
        var weights = TensorMath.With(weightPeriod, period => TensorMath.Range(bits.numel(), state.device).remainder_(period))
            .PlusInPlace(1);
        return (bits.sum().item<long>(), bits.mul_(weights).sum().item<long>());
    }
}
