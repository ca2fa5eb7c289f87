using System.Runtime.InteropServices;

namespace Bdia.Core.Simd;

/// <summary>Memory for a kernel while it runs: matrices in one block, each at the start of a cache line.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private const int Line = 64 / sizeof(float);
    private readonly float* start;
    private readonly long elements;
    private long taken;

    /// <param name="matrices">Rows and columns of each.</param>
    public Scratch(params ReadOnlySpan<(int Rows, int Columns)> matrices)
    {
        foreach (var (rows, columns) in matrices) elements += (long)rows * Stride(columns);
        start = (float*)NativeMemory.AlignedAlloc((nuint)(elements * sizeof(float)), 64);
    }

    /// <summary>Elements from a row to the next: an odd number of cache lines, so that the rows spread over all sets of a cache.</summary>
    public static int Stride(int columns) => ((columns + Line - 1) / Line | 1) * Line;

    /// <summary>The next matrix; its content is undefined.</summary>
    public float* Take(int rows, int columns)
    {
        var matrix = start + taken;
        taken += (long)rows * Stride(columns);
        if (taken > elements) throw new InvalidOperationException(
            $"{taken} elements were taken of {elements}; name every matrix to the constructor.");
        return matrix;
    }

    public void Dispose() => NativeMemory.AlignedFree(start);
}
