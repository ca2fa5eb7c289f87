using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bdia.Core.Simd;

/// <summary>Passes over neighbouring float32 numbers, of any count, on the calling thread.</summary>
internal static unsafe class SimdVectors
{
    /// <summary>to = a + b.</summary>
    /// <param name="to">May be either operand.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* a, float* b, float* to, long count)
    {
        var i = 0L;
        if (Vector512.IsHardwareAccelerated)
            for (; i <= count - 16; i += 16) (Vector512.Load(a + i) + Vector512.Load(b + i)).Store(to + i);
        for (; i <= count - 8; i += 8) (Vector256.Load(a + i) + Vector256.Load(b + i)).Store(to + i);
        for (; i < count; i++) to[i] = a[i] + b[i];
    }

    /// <summary>x *= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* x, float factor, long count)
    {
        var i = 0L;
        for (; i <= count - 8; i += 8) (Vector256.Load(x + i) * factor).Store(x + i);
        for (; i < count; i++) x[i] *= factor;
    }

    /// <summary>Writes a row to each of several neighbouring rows.</summary>
    public static void Repeat(float* row, int length, float* rows, int count)
    {
        for (; count > 0; count--, rows += length) Unsafe.CopyBlock(rows, row, (uint)length * sizeof(float));
    }

    /// <summary>Rounds to bfloat16.</summary>
    public static void ToBFloat16(float* x, ushort* to, long count)
    {
        if (Vector512.IsHardwareAccelerated) Round<Simd512, Vector512<float>>(x, to, count);
        else Round<Simd256, Vector256<float>>(x, to, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round<S, V>(float* x, ushort* to, long count) where S : struct, ISimd<V> where V : struct
    {
        var i = 0L;
        for (; i <= count - S.Count; i += S.Count) S.StoreBFloat16(S.Load(x + i), to + i);
        if (i < count)
        {
            var rest = (int)(count - i);
            var register = SimdElements<S, V, Float32Element, AnyEnds>.Load((byte*)(x + i), 0, rest);
            SimdElements<S, V, BFloat16Element, AnyEnds>.Store(register, (byte*)(to + i), 0, rest);
        }
    }
}
