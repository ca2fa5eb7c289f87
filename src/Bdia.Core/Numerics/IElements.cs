using System.Numerics;

namespace Bdia.Core.Numerics;

/// <summary>
/// The few float32 operations the BDIA update needs, so that its equations are written once and run both on SIMD lanes
/// (<see cref="Lanes"/>) and on whole tensors (<see cref="TensorElements"/>) with the same bits: every operation is one IEEE 754
/// operation, rounded once, never fused.
/// </summary>
internal interface IElements<T> :
    IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>, IDivisionOperators<T, T, T>
    where T : IElements<T>
{
    static abstract T operator *(T x, float scalar);

    static abstract T operator /(T x, float scalar);

    static abstract T operator +(T x, float scalar);

    static abstract T operator -(float scalar, T x);

    static abstract T operator +(float scalar, T x);

    static abstract T Floor(T x);

    /// <summary>Nearest integer, ties to even.</summary>
    static abstract T Round(T x);
}
