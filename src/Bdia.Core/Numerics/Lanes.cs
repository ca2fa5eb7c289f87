using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bdia.Core.Numerics;

/// <summary>
/// Eight float32 elements in one SIMD register; software-emulated by the runtime where there is none, with the same bits.
/// </summary>
internal readonly struct Lanes(Vector256<float> value) : IElements<Lanes>
{
    public const int Count = 8;

    public Vector256<float> Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes Broadcast(float scalar) => new(Vector256.Create(scalar));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator +(Lanes a, Lanes b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator -(Lanes a, Lanes b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator *(Lanes a, Lanes b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator /(Lanes a, Lanes b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator *(Lanes a, float scalar) => new(a.Value * scalar);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator /(Lanes a, float scalar) => new(a.Value / Vector256.Create(scalar));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator +(Lanes a, float scalar) => new(a.Value + Vector256.Create(scalar));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator +(float scalar, Lanes a) => new(Vector256.Create(scalar) + a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes operator -(float scalar, Lanes a) => new(Vector256.Create(scalar) - a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes Floor(Lanes x) => new(Vector256.Floor(x.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes Round(Lanes x) => new(Vector256.Round(x.Value, MidpointRounding.ToEven));
}
