using System.Numerics;
using System.Runtime.InteropServices;

namespace Bdia.Core.Training;

/// <summary>
/// Moments in a byte each, in blocks that share a scale. Codes are denser near zero: a mean of gradients is its scale times ±(c/127)², one
/// of their squares, whose root is what steps are divided by, its scale times (c/255)⁴.
/// </summary>
/// <remarks>
/// A value between two codes becomes one of them by chance, and is itself in the mean: rounded to the nearest one, a second moment that
/// loses a thousandth in a step would never leave its code. What is above zero stays so, for a step is divided by it.
/// </remarks>
internal static class EightBitBlock
{
    /// <summary>Values of a block, a multiple of every register's.</summary>
    public const int Length = 256;

    private const float SignedCodes = 127, Codes = 255;

    /// <summary>Values of a block.</summary>
    /// <param name="codes">At most <see cref="Length"/>.</param>
    /// <param name="scale">Of the block.</param>
    /// <param name="isSigned">Whether values have signs.</param>
    /// <param name="values">Of <see cref="Length"/>; those beyond the codes become 0.</param>
    public static void Decode(ReadOnlySpan<byte> codes, float scale, bool isSigned, Span<float> values)
    {
        for (var i = 0; i < codes.Length; i++) values[i] = isSigned ? (sbyte)codes[i] : codes[i];
        values[codes.Length..].Clear();
        var (unit, factor) = (new Vector<float>(1 / (isSigned ? SignedCodes : Codes)), new Vector<float>(scale));
        foreach (ref var value in MemoryMarshal.Cast<float, Vector<float>>(values))
        {
            var c = value * unit;
            value = isSigned ? c * Vector.Abs(c) * factor : c * c * (c * c) * factor;
        }
    }

    /// <summary>Codes of a block.</summary>
    /// <param name="values">Of <see cref="Length"/>, finite; those beyond the codes are 0. Overwritten.</param>
    /// <param name="isSigned">Whether values have signs; else none is below 0.</param>
    /// <param name="chance">What the block's chances are drawn from.</param>
    /// <param name="codes">At most <see cref="Length"/>.</param>
    /// <returns>The scale.</returns>
    public static float Encode(Span<float> values, bool isSigned, uint chance, Span<byte> codes)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var scale = Largest(vectors);
        if (scale == 0)
        {
            codes.Clear();
            return 0;
        }

        var last = isSigned ? SignedCodes : Codes;
        var (count, below, perScale, unit) = (new Vector<float>(last), new Vector<float>(last - 1), new Vector<float>(1 / scale),
            new Vector<float>(1 / last));
        var places = Places;
        var draw = new Vector<uint>(chance);
        for (var i = 0; i < vectors.Length; i++)
        {
            var value = vectors[i];
            // 1 / scale may be rounded up
            var share = Vector.Min(Vector.Abs(value) * perScale, Vector<float>.One);
            var root = Vector.SquareRoot(share);
            var code = Vector.Min(Vector.Floor((isSigned ? root : Vector.SquareRoot(root)) * count), below);
            var (low, high) = (Power(code * unit, isSigned), Power((code + Vector<float>.One) * unit, isSigned));
            var up = Vector.LessThan(Uniform(places + draw) * (high - low), share - low);
            code += Vector.ConditionalSelect(up, Vector<float>.One, Vector<float>.Zero);
            if (!isSigned)
                code = Vector.ConditionalSelect(Vector.GreaterThan(value, Vector<float>.Zero), Vector.Max(code, Vector<float>.One), code);
            vectors[i] = isSigned ? Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), -code, code) : code;
            places += new Vector<uint>((uint)Vector<float>.Count);
        }

        for (var i = 0; i < codes.Length; i++) codes[i] = isSigned ? (byte)(sbyte)values[i] : (byte)values[i];
        return scale;
    }

    private static Vector<uint> Places
    {
        get
        {
            Span<uint> places = stackalloc uint[Vector<uint>.Count];
            for (var i = 0; i < places.Length; i++) places[i] = (uint)i;
            return new(places);
        }
    }

    private static Vector<float> Power(Vector<float> code, bool isSigned)
    {
        var square = code * code;
        return isSigned ? square : square * square;
    }

    private static float Largest(ReadOnlySpan<Vector<float>> vectors)
    {
        var largest = Vector<float>.Zero;
        foreach (var vector in vectors) largest = Vector.Max(largest, Vector.Abs(vector));
        var max = 0f;
        for (var lane = 0; lane < Vector<float>.Count; lane++) max = MathF.Max(max, largest[lane]);
        return max;
    }

    // Of [0, 1), by a hash whose bits each depend on all of the number's (Wellons' "lowbias32").
    private static Vector<float> Uniform(Vector<uint> number)
    {
        number *= new Vector<uint>(0x9E3779B1u);
        number ^= Vector.ShiftRightLogical(number, 16);
        number *= new Vector<uint>(0x7FEB352Du);
        number ^= Vector.ShiftRightLogical(number, 15);
        number *= new Vector<uint>(0x846CA68Bu);
        number ^= Vector.ShiftRightLogical(number, 16);
        return Vector.ConvertToSingle(Vector.AsVectorInt32(Vector.ShiftRightLogical(number, 8))) * new Vector<float>(1f / (1 << 24));
    }
}
