using System.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>
/// The side information of one block: pads 0..q-1 of m bits per element, packed. Each sample is cut into groups of eight elements; a group
/// takes m bytes, byte j holding bit j of its eight pads (lowest bit first). A sample's last group is filled up with zero pads.
/// </summary>
/// <remarks>
/// Where q is no power of two, m is log2 q rounded up. Numbers to the base q would take no fewer bytes: a group of eight has
/// 8 log2 q bits, which are log2 q bytes, rounded up as well.
/// </remarks>
internal sealed class PackedPads : IDisposable
{
    private PackedPads(Tensor bytes, long elementsPerSample, int denominator)
    {
        Bytes = bytes;
        Denominator = denominator;
        ElementsPerSample = elementsPerSample;
    }

    /// <summary>Side information for several blocks, allocated in one piece.</summary>
    /// <remarks>
    /// One piece, because small blocks that outlive the large ones allocated between them break up the allocator's heap: the next large
    /// one finds no hole that fits. The bytes outlive every dispose scope of the forward pass: they wait for the backward pass.
    /// </remarks>
    /// <param name="blocks">How many blocks.</param>
    /// <param name="samples">B.</param>
    /// <param name="elementsPerSample">Product of the other dimensions.</param>
    /// <param name="denominator">q, 1 to 256.</param>
    /// <param name="device">Where the bytes live.</param>
    public static PackedPads[] Allocate(int blocks, long samples, long elementsPerSample, int denominator, Device device)
    {
        using var scope = NewDisposeScope();
        var all = empty([blocks, samples, Groups(elementsPerSample), Bits(denominator)], uint8, device);
        return Enumerable.Range(0, blocks)
            .Select(k => new PackedPads(all.select(0, k).DetachFromDisposeScope(), elementsPerSample, denominator)).ToArray();
    }

    /// <summary>Bytes of what <see cref="Allocate"/> makes.</summary>
    public static long Size(long blocks, long samples, long elementsPerSample, int padBits)
        => blocks * samples * Groups(elementsPerSample) * padBits;

    public long Samples => Bytes.shape[0];

    public long ElementsPerSample { get; }

    /// <summary>q.</summary>
    public int Denominator { get; }

    /// <summary>m.</summary>
    public int PadBits => (int)Bytes.shape[2];

    public long GroupsPerSample => Bytes.shape[1];

    public long SizeInBytes => Bytes.numel();

    /// <summary>(B, groups, m), uint8.</summary>
    public Tensor Bytes { get; }

    /// <summary>Packs pads by libtorch operations, on any device.</summary>
    /// <param name="pads">Integers 0..q-1 as float32, of B * elementsPerSample elements.</param>
    public void Write(Tensor pads)
    {
        if (PadBits == 0) return;
        using var scope = NewDisposeScope();
        var fill = GroupsPerSample * Lanes.Count - ElementsPerSample;
        var grouped = nn.functional.pad(pads.reshape(Samples, ElementsPerSample), [0, fill]).to(uint8)
            .view(Samples, GroupsPerSample, 1, Lanes.Count);
        var planes = grouped.bitwise_right_shift(Places(PadBits).view(PadBits, 1)).bitwise_and(One());
        Bytes.copy_(planes.mul(PlaceValues()).sum(-1, type: uint8));
    }

    /// <summary>The pads, as float32 of shape (B, elementsPerSample).</summary>
    public Tensor Read()
    {
        if (PadBits == 0) return zeros([Samples, ElementsPerSample], float32, Bytes.device);
        using var scope = NewDisposeScope();
        var planes = Bytes.unsqueeze(-1).bitwise_right_shift(Places(Lanes.Count)).bitwise_and(One());        // (B, groups, m, 8)
        var values = planes.to(float32).mul(PlaceValues().narrow(0, 0, PadBits).to(float32).view(PadBits, 1)).sum(-2); // (B, groups, 8)
        return values.view(Samples, GroupsPerSample * Lanes.Count).narrow(1, 0, ElementsPerSample).contiguous().MoveToOuterDisposeScope();
    }

    public void Dispose() => Bytes.Dispose();

    /// <summary>Bits of the integers 0..q-1: none for q = 1.</summary>
    public static int Bits(int denominator) => denominator == 1 ? 0 : BitOperations.Log2((uint)denominator - 1) + 1;

    private static long Groups(long elementsPerSample) => (elementsPerSample + Lanes.Count - 1) / Lanes.Count;

    private Tensor Places(int count) => TensorMath.Range(count, Bytes.device).to(uint8);

    private Tensor One() => ones(1, uint8, Bytes.device);

    private Tensor PlaceValues() => tensor(new byte[] { 1, 2, 4, 8, 16, 32, 64, 128 }, uint8, Bytes.device);
}
