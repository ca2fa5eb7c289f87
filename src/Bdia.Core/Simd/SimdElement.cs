using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Bdia.Core.Simd;

/// <summary>
/// The type of elements in memory; a kernel computes in float32 whatever it is. The type argument of a kernel is a struct, see
/// <see cref="ISimd{V}"/>.
/// </summary>
internal unsafe interface ISimdElement
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Size { get; }

    static abstract V Load<S, V>(byte* source) where S : struct, ISimd<V> where V : struct;

    /// <summary>One element.</summary>
    static abstract float Load(byte* source);

    /// <summary>Four elements, whatever the registers of a kernel.</summary>
    static abstract Vector128<float> LoadFour(byte* source);

    static abstract void Store<S, V>(V x, byte* target) where S : struct, ISimd<V> where V : struct;

    /// <summary>What a load returns after a store.</summary>
    static abstract V Rounded<S, V>(V x) where S : struct, ISimd<V> where V : struct;
}

/// <summary>Elements of type float32.</summary>
internal readonly unsafe struct Float32Element : ISimdElement
{
    public static int Size => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* source) where S : struct, ISimd<V> where V : struct => S.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source) => *(float*)source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFour(byte* source) => Vector128.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S, V>(V x, byte* target) where S : struct, ISimd<V> where V : struct => S.Store(x, (float*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Rounded<S, V>(V x) where S : struct, ISimd<V> where V : struct => x;
}

/// <summary>Elements of type bfloat16: the upper halves of float32.</summary>
internal readonly unsafe struct BFloat16Element : ISimdElement
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<S, V>(byte* source) where S : struct, ISimd<V> where V : struct => S.LoadBFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(byte* source) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadFour(byte* source)
        => (Vector128.WidenLower(Vector64.Load((ushort*)source).ToVector128Unsafe()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<S, V>(V x, byte* target) where S : struct, ISimd<V> where V : struct => S.StoreBFloat16(x, (ushort*)target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Rounded<S, V>(V x) where S : struct, ISimd<V> where V : struct => S.RoundToBFloat16(x);
}

/// <summary>
/// Whether rows may end within a register. As a type argument, since the mere possibility of a call in a loop makes the runtime keep the
/// loop's registers in memory, which takes up to ten times as long.
/// </summary>
internal interface IRowEnds
{
    static abstract bool Whole { get; }
}

/// <summary>Rows of whole registers.</summary>
internal readonly struct WholeEnds : IRowEnds
{
    public static bool Whole => true;
}

/// <summary>Rows of any length.</summary>
internal readonly struct AnyEnds : IRowEnds
{
    public static bool Whole => false;
}

/// <summary>Passes over a row register by register.</summary>
internal static unsafe class SimdElements<S, V, E, W> where S : struct, ISimd<V> where V : struct
    where E : struct, ISimdElement where W : struct, IRowEnds
{
    /// <summary>Elements <paramref name="i"/> and following of a row; zeros beyond its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(byte* row, int i, int length)
        => W.Whole || i <= length - S.Count ? E.Load<S, V>(row + (nint)i * E.Size) : LoadRest(row + (nint)i * E.Size, length - i);

    /// <summary>Writes elements <paramref name="i"/> and following of a row, and nothing beyond its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(V x, byte* row, int i, int length)
    {
        if (W.Whole || i <= length - S.Count) E.Store<S, V>(x, row + (nint)i * E.Size);
        else StoreRest(x, row + (nint)i * E.Size, length - i);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V LoadRest(byte* source, int count)
    {
        var register = stackalloc byte[sizeof(float) * S.Count];
        NativeMemory.Clear(register, (nuint)(sizeof(float) * S.Count));
        NativeMemory.Copy(source, register, (nuint)(count * E.Size));
        return E.Load<S, V>(register);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreRest(V x, byte* target, int count)
    {
        var register = stackalloc byte[sizeof(float) * S.Count];
        E.Store<S, V>(x, register);
        NativeMemory.Copy(register, target, (nuint)(count * E.Size));
    }
}
