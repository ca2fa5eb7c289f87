namespace Bdia.Core.Blocks;

/// <summary>Keys and values of a sequence, where all its parts write and read them: columns, 2 D × N.</summary>
internal readonly unsafe struct EncoderKeys(float* start, nint stride)
{
    /// <summary>The first key's first feature.</summary>
    public float* Start => start;

    /// <summary>Elements from a feature to the next.</summary>
    public nint Stride => stride;
}
