using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;

namespace Bdia.Core.Operations;

/// <summary>
/// Products of a single row, on the calling thread: where most rows fill registers, of which one feature each is taken, a row that is left
/// over would take a register for itself. Here a register holds neighbouring features of the row.
/// </summary>
internal static unsafe class RowProduct
{
    private const int Outputs = 4;

    /// <summary>y = W x, or y += W x. Every element is a sum in one order, whatever the register width of the processor.</summary>
    /// <param name="x">inputs.</param>
    /// <param name="weight">outputs × inputs, rows <paramref name="stride"/> apart.</param>
    /// <param name="y">outputs, <paramref name="yStride"/> apart.</param>
    /// <param name="add">Whether to add to what y holds.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* x, float* weight, nint stride, float* y, nint yStride, int inputs, int outputs, bool add)
    {
        var output = 0;
        for (; output <= outputs - Outputs; output += Outputs, weight += Outputs * stride)
        {
            float* second = weight + stride, third = second + stride, fourth = third + stride;
            var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
            var i = 0;
            for (; i <= inputs - Simd512.Count; i += Simd512.Count)
            {
                var value = Vector512.Load(x + i);
                a = Vector512.FusedMultiplyAdd(value, Vector512.Load(weight + i), a);
                b = Vector512.FusedMultiplyAdd(value, Vector512.Load(second + i), b);
                c = Vector512.FusedMultiplyAdd(value, Vector512.Load(third + i), c);
                d = Vector512.FusedMultiplyAdd(value, Vector512.Load(fourth + i), d);
            }

            Put(y + output * yStride, Rest(a, x, weight, i, inputs), add);
            Put(y + (output + 1) * yStride, Rest(b, x, second, i, inputs), add);
            Put(y + (output + 2) * yStride, Rest(c, x, third, i, inputs), add);
            Put(y + (output + 3) * yStride, Rest(d, x, fourth, i, inputs), add);
        }

        for (; output < outputs; output++, weight += stride)
        {
            var sum = Vector512<float>.Zero;
            var i = 0;
            for (; i <= inputs - Simd512.Count; i += Simd512.Count)
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(x + i), Vector512.Load(weight + i), sum);
            Put(y + output * yStride, Rest(sum, x, weight, i, inputs), add);
        }
    }

    private static float Rest(Vector512<float> sums, float* x, float* weight, int i, int inputs)
    {
        var sum = Simd512.Sum(sums);
        for (; i < inputs; i++) sum = MathF.FusedMultiplyAdd(x[i], weight[i], sum);
        return sum;
    }

    private static void Put(float* to, float value, bool add) => *to = add ? *to + value : value;
}
