namespace Bdia.Core.Simd;

/// <summary>
/// Float32 operations on one SIMD register, so that a kernel is written once for every register width. The type arguments are structs:
/// the runtime compiles a kernel anew for each, with every call below inlined to one or a few instructions.
/// </summary>
/// <typeparam name="V">The register.</typeparam>
internal unsafe interface ISimd<V> where V : struct
{
    /// <summary>Elements in a register.</summary>
    static abstract int Count { get; }

    /// <summary>How many registers the processor has.</summary>
    static abstract int Registers { get; }

    static abstract V Zero { get; }

    static abstract V Load(float* source);

    static abstract void Store(V x, float* target);

    /// <summary>Elements of type bfloat16, which are the upper halves of float32.</summary>
    static abstract V LoadBFloat16(ushort* source);

    /// <summary>The nearest bfloat16, ties to even; NaN stays NaN.</summary>
    static abstract V RoundToBFloat16(V x);

    /// <summary>Writes what <see cref="RoundToBFloat16"/> returns.</summary>
    static abstract void StoreBFloat16(V x, ushort* target);

    static abstract V Broadcast(float scalar);

    /// <summary>0, 1, 2 and so on.</summary>
    static abstract V Indices { get; }

    static abstract V Add(V a, V b);

    static abstract V Subtract(V a, V b);

    static abstract V Multiply(V a, V b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>The smaller one; NaN where <paramref name="x"/> is.</summary>
    static abstract V Min(V bound, V x);

    /// <summary>The larger one; NaN where <paramref name="x"/> is.</summary>
    static abstract V Max(V bound, V x);

    /// <summary>Where a &lt; b, <paramref name="x"/>, else <paramref name="otherwise"/>.</summary>
    static abstract V SelectLess(V a, V b, V x, V otherwise);

    /// <summary>x 2ⁿ, rounded once, for integral n from -150 to 128 and 0.5 &lt; x &lt; 2.</summary>
    static abstract V TimesPowerOfTwo(V x, V n);

    /// <summary>Sum of all elements, in a fixed order.</summary>
    static abstract float Sum(V x);

    /// <summary>The largest element, if none is NaN.</summary>
    static abstract float Max(V x);
}
