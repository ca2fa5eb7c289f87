namespace Bdia.Core.Training;

/// <summary>Where a moment's codes and their scales lie. Valid while the moment is alive.</summary>
/// <param name="Codes">Address of the first code.</param>
/// <param name="Scales">Address of the first block's scale.</param>
/// <param name="IsSigned">Whether values have signs.</param>
internal readonly unsafe record struct MomentCodes(nint Codes, nint Scales, bool IsSigned)
{
    /// <summary>The values of a block.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="length">Values that it has, at most <see cref="EightBitBlock.Length"/>.</param>
    /// <param name="values">Of <see cref="EightBitBlock.Length"/>; 0 beyond those.</param>
    public void Read(long block, int length, Span<float> values)
        => EightBitBlock.Decode(Of(block, length), ((float*)Scales)[block], IsSigned, values);

    /// <summary>Takes what has become of the values of a block.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="length">Values that it has.</param>
    /// <param name="values">Of <see cref="Read"/>; overwritten.</param>
    /// <param name="chance">What the moment is rounded by, <see cref="Moment.Chance"/>.</param>
    public void Write(long block, int length, Span<float> values, uint chance)
        => ((float*)Scales)[block] = EightBitBlock.Encode(values, IsSigned, chance + (uint)block * EightBitBlock.Length,
            Of(block, length));

    private Span<byte> Of(long block, int length) => new((byte*)Codes + block * EightBitBlock.Length, length);
}
