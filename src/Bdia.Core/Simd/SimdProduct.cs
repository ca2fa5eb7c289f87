using System.Runtime.CompilerServices;

namespace Bdia.Core.Simd;

/// <summary>
/// Products of small float32 matrices that lie in the cache of a core, on the calling thread: tiles of up to 6 rows by 4 registers, whose
/// sums stay in registers. Every element is one chain of fused multiply-adds in ascending order of the summed index, whatever the tiles.
/// </summary>
/// <typeparam name="S">The register width.</typeparam>
/// <typeparam name="V">The register.</typeparam>
internal static unsafe class SimdProduct<S, V> where S : struct, ISimd<V> where V : struct
{
    private const int MostRows = 6;

    // 24 sums, 4 registers of b and one of a fit 32 registers; 12, 2 and one fit 16.
    private static int MostColumns => S.Registers >= 32 ? 4 : 2;

    /// <summary>
    /// A left operand A: element (i, k) is at Start[i RowStride + k StepStride]. A transposed matrix has its strides exchanged.
    /// </summary>
    public readonly record struct Left(nint Start, nint RowStride, nint StepStride);

    /// <summary>C = A B, or C += A B. All strides in elements.</summary>
    /// <param name="a">rows × steps.</param>
    /// <param name="b">steps × columns, rows <paramref name="bStride"/> apart.</param>
    /// <param name="c">rows × columns, rows <paramref name="cStride"/> apart.</param>
    /// <param name="columns">Rounded up to whole registers: so much of b is read and of c written.</param>
    /// <param name="add">Whether to add to what c holds.</param>
    public static void Run(Left a, float* b, nint bStride, float* c, nint cStride, int rows, int columns, int steps, bool add)
    {
        var registers = (columns + S.Count - 1) / S.Count;
        var panels = (registers + MostColumns - 1) / MostColumns;
        var blocks = (rows + MostRows - 1) / MostRows;
        // A panel of b stays in the first-level cache while all rows pass by.
        for (var panel = 0; panel < panels; panel++)
        {
            var (first, width) = Part(panel, panels, registers);
            for (var block = 0; block < blocks; block++)
            {
                var (row, height) = Part(block, blocks, rows);
                Tile(height, width)((float*)a.Start + row * a.RowStride, a.RowStride, a.StepStride,
                    b + first * S.Count, bStride, c + row * cStride + first * S.Count, cStride, steps, add);
            }
        }
    }

    // Parts differ by one at most: a last tile of one row would wait for its own sums.
    private static (int Start, int Length) Part(int part, int parts, int count)
    {
        var start = (int)((long)count * part / parts);
        return (start, (int)((long)count * (part + 1) / parts) - start);
    }

    private static delegate*<float*, nint, nint, float*, nint, float*, nint, int, bool, void> Tile(int rows, int columns) => rows switch
    {
        1 => Tile<N1>(columns),
        2 => Tile<N2>(columns),
        3 => Tile<N3>(columns),
        4 => Tile<N4>(columns),
        5 => Tile<N5>(columns),
        _ => Tile<N6>(columns),
    };

    private static delegate*<float*, nint, nint, float*, nint, float*, nint, int, bool, void> Tile<R>(int columns) where R : struct, INumber
        => columns switch
    {
        1 => &Tile<R, N1>,
        2 => &Tile<R, N2>,
        3 => &Tile<R, N3>,
        _ => &Tile<R, N4>,
    };

    // R and C are constants to the compiler: what belongs to further rows and columns falls away.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<R, C>(float* a, nint aRow, nint aStep, float* b, nint bStep, float* c, nint cRow, int steps, bool add)
        where R : struct, INumber where C : struct, INumber
    {
        var (c00, c01, c02, c03) = (S.Zero, S.Zero, S.Zero, S.Zero);
        var (c10, c11, c12, c13) = (S.Zero, S.Zero, S.Zero, S.Zero);
        var (c20, c21, c22, c23) = (S.Zero, S.Zero, S.Zero, S.Zero);
        var (c30, c31, c32, c33) = (S.Zero, S.Zero, S.Zero, S.Zero);
        var (c40, c41, c42, c43) = (S.Zero, S.Zero, S.Zero, S.Zero);
        var (c50, c51, c52, c53) = (S.Zero, S.Zero, S.Zero, S.Zero);
        float* a1 = a + aRow, a2 = a + 2 * aRow, a3 = a + 3 * aRow, a4 = a + 4 * aRow, a5 = a + 5 * aRow;
        nint at = 0;
        for (; steps > 0; steps--)
        {
            var b0 = S.Load(b);
            var b1 = C.Value > 1 ? S.Load(b + S.Count) : S.Zero;
            var b2 = C.Value > 2 ? S.Load(b + 2 * S.Count) : S.Zero;
            var b3 = C.Value > 3 ? S.Load(b + 3 * S.Count) : S.Zero;
            Accumulate<C>(a[at], b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            if (R.Value > 1) Accumulate<C>(a1[at], b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            if (R.Value > 2) Accumulate<C>(a2[at], b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            if (R.Value > 3) Accumulate<C>(a3[at], b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
            if (R.Value > 4) Accumulate<C>(a4[at], b0, b1, b2, b3, ref c40, ref c41, ref c42, ref c43);
            if (R.Value > 5) Accumulate<C>(a5[at], b0, b1, b2, b3, ref c50, ref c51, ref c52, ref c53);
            at += aStep;
            b += bStep;
        }

        Write<C>(c, add, c00, c01, c02, c03);
        if (R.Value > 1) Write<C>(c + cRow, add, c10, c11, c12, c13);
        if (R.Value > 2) Write<C>(c + 2 * cRow, add, c20, c21, c22, c23);
        if (R.Value > 3) Write<C>(c + 3 * cRow, add, c30, c31, c32, c33);
        if (R.Value > 4) Write<C>(c + 4 * cRow, add, c40, c41, c42, c43);
        if (R.Value > 5) Write<C>(c + 5 * cRow, add, c50, c51, c52, c53);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate<C>(float a, V b0, V b1, V b2, V b3, ref V c0, ref V c1, ref V c2, ref V c3) where C : struct, INumber
    {
        var x = S.Broadcast(a);
        c0 = S.MultiplyAdd(x, b0, c0);
        if (C.Value > 1) c1 = S.MultiplyAdd(x, b1, c1);
        if (C.Value > 2) c2 = S.MultiplyAdd(x, b2, c2);
        if (C.Value > 3) c3 = S.MultiplyAdd(x, b3, c3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<C>(float* c, bool add, V c0, V c1, V c2, V c3) where C : struct, INumber
    {
        S.Store(add ? S.Add(S.Load(c), c0) : c0, c);
        if (C.Value > 1) S.Store(add ? S.Add(S.Load(c + S.Count), c1) : c1, c + S.Count);
        if (C.Value > 2) S.Store(add ? S.Add(S.Load(c + 2 * S.Count), c2) : c2, c + 2 * S.Count);
        if (C.Value > 3) S.Store(add ? S.Add(S.Load(c + 3 * S.Count), c3) : c3, c + 3 * S.Count);
    }

    private interface INumber
    {
        static abstract int Value { get; }
    }

    private readonly struct N1 : INumber { public static int Value => 1; }

    private readonly struct N2 : INumber { public static int Value => 2; }

    private readonly struct N3 : INumber { public static int Value => 3; }

    private readonly struct N4 : INumber { public static int Value => 4; }

    private readonly struct N5 : INumber { public static int Value => 5; }

    private readonly struct N6 : INumber { public static int Value => 6; }
}
