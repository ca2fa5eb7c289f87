namespace Bdia.Core.Operations;

/// <summary>Rows that are left over where the others fill registers, and where their outputs go. All strides in elements.</summary>
/// <param name="x">The first row's inputs.</param>
/// <param name="xRow">From a row to the next.</param>
/// <param name="y">The first row's output 0.</param>
/// <param name="yRow">From a row to the next.</param>
/// <param name="yStride">From an output to the next.</param>
/// <param name="count">How many rows.</param>
internal readonly unsafe struct RestRows(float* x, nint xRow, float* y, nint yRow, nint yStride, int count)
{
    public float* X => x;

    public nint XRow => xRow;

    public float* Y => y;

    public nint YRow => yRow;

    public nint YStride => yStride;

    public int Count => count;
}
