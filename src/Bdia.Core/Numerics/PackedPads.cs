using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>
/// The side information of one block: pads of m bits per element, packed. Each sample is cut into groups of eight elements; a group
/// takes m bytes, byte j holding bit j of its eight pads (lowest bit first). A sample's last group is filled up with zero pads.
/// </summary>
internal sealed class PackedPads : IDisposable
{
    /// <param name="samples">B.</param>
    /// <param name="elementsPerSample">Product of the other dimensions.</param>
    /// <param name="padBits">m.</param>
    /// <param name="device">Where the bytes live.</param>
    public PackedPads(long samples, long elementsPerSample, int padBits, Device device)
    {
        Samples = samples;
        ElementsPerSample = elementsPerSample;
        PadBits = padBits;
        // The bytes outlive every dispose scope of the forward pass: they wait for the backward pass.
        Bytes = empty([samples, GroupsPerSample, padBits], uint8, device).DetachFromDisposeScope();
        SizeInBytes = samples * GroupsPerSample * padBits;
    }

    public long Samples { get; }

    public long ElementsPerSample { get; }

    public int PadBits { get; }

    public long GroupsPerSample => (ElementsPerSample + Lanes.Count - 1) / Lanes.Count;

    public long SizeInBytes { get; }

    /// <summary>(B, groups, m), uint8.</summary>
    public Tensor Bytes { get; }

    /// <summary>Packs pads by libtorch operations, on any device.</summary>
    /// <param name="pads">Integers 0..2^m-1 as float32, of B * elementsPerSample elements.</param>
    public void Write(Tensor pads)
    {
        using var scope = NewDisposeScope();
        var fill = GroupsPerSample * Lanes.Count - ElementsPerSample;
        var grouped = nn.functional.pad(pads.reshape(Samples, ElementsPerSample), [0, fill]).to(uint8)
            .view(Samples, GroupsPerSample, 1, Lanes.Count);
        var planes = grouped.bitwise_right_shift(Places(PadBits).view(PadBits, 1)).bitwise_and(1);
        Bytes.copy_(planes.mul(Weights()).sum(-1, type: uint8));
    }

    /// <summary>The pads, as float32 of shape (B, elementsPerSample).</summary>
    public Tensor Read()
    {
        using var scope = NewDisposeScope();
        var planes = Bytes.unsqueeze(-1).bitwise_right_shift(Places(Lanes.Count)).bitwise_and(1);        // (B, groups, m, 8)
        var values = planes.to(float32).mul(pow(2, Places(PadBits).to(float32)).view(PadBits, 1)).sum(-2); // (B, groups, 8)
        return values.view(Samples, GroupsPerSample * Lanes.Count).narrow(1, 0, ElementsPerSample).contiguous().MoveToOuterDisposeScope();
    }

    public void Dispose() => Bytes.Dispose();

    private Tensor Places(int count) => arange(count, uint8, Bytes.device);

    private Tensor Weights() => tensor(new byte[] { 1, 2, 4, 8, 16, 32, 64, 128 }, uint8, Bytes.device);
}
