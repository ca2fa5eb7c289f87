using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>
/// Masks of inverted dropout as a function of (key, element): 0 with the given probability, else 1 / (1 - probability). One pass of
/// SIMD arithmetic where libtorch's generator draws one element at a time, which took a fifth of a small network's training.
/// </summary>
/// <remarks>
/// The hash is a 32-bit finaliser of two multiplications (after the search for low-bias ones by C. Wellons, 2018) with the key mixed in
/// twice, so that the sequences of two keys are not one another's shifts. Good statistics are all that is asked of it.
/// </remarks>
internal static unsafe class DropoutMask
{
    private const uint First = 0x7FEB352D, Second = 0x846CA68B;
    private const int Lane = 8;
    private const long SmallestShare = 1 << 16; // elements; below that a second thread costs more than it brings

    /// <summary>A mask of float32 on the CPU.</summary>
    /// <param name="first">Number of its first element.</param>
    public static Tensor Create(long[] shape, double probability, ulong key, long first = 0)
    {
        var mask = empty(shape, float32, CPU);
        Pass(mask, probability, key, first, multiplies: false);
        return mask;
    }

    /// <summary>The same by libtorch's operations, on any device.</summary>
    public static Tensor ByOperations(long[] shape, double probability, ulong key, long first, Device device)
    {
        using var scope = NewDisposeScope();
        var (count, parts) = (1L, new List<Tensor>());
        foreach (var size in shape) count *= size;
        for (var (i, end) = (first, first + count); i < end;)
        {
            // Both parts of the key are the same for 2^32 elements.
            var sameKey = Math.Min(end, (i | uint.MaxValue) + 1);
            var index = TensorMath.Range(sameKey - i, device).PlusInPlace((long)(uint)i);
            var hash = Hash(index.bitwise_xor_(Number(Key0(key, i))), Number(Key1(key, i)));
            parts.Add(hash.ge(Number(Threshold(probability))).to(float32).TimesInPlace(Scale(probability)));
            i = sameKey;
        }

        return (count == 0 ? empty(shape, float32, device) : cat(parts).view(shape)).MoveToOuterDisposeScope();

        // In 64 bits, of which the lower half is kept. A factor of 32 bits is taken apart, so that no product overflows.
        Tensor Hash(Tensor x, Tensor by)
        {
            x = Times(Shifted(x, 16), First).bitwise_xor_(by);
            return Shifted(Times(Shifted(x, 15), Second), 16);
        }

        Tensor Shifted(Tensor x, int bits) => x.bitwise_xor(x.bitwise_right_shift(Number((uint)bits)));

        Tensor Times(Tensor x, uint factor)
        {
            var product = x.mul(Number(factor & int.MaxValue));
            if (factor > int.MaxValue) product.PlusInPlace(x.bitwise_and(Number(1)).bitwise_left_shift(Number(31)));
            return product.bitwise_and_(Number(uint.MaxValue));
        }

        Tensor Number(uint value) => tensor((long)value, int64, device);
    }

    /// <summary>
    /// Multiplies a contiguous float32 tensor on the CPU by the mask of its shape, in place and without writing the mask down.
    /// </summary>
    /// <param name="first">Number of the tensor's first element.</param>
    public static void Apply(Tensor x, double probability, ulong key, long first = 0) => Pass(x, probability, key, first, multiplies: true);

    /// <summary>The same of neighbouring numbers, on the calling thread.</summary>
    /// <param name="x">Number <paramref name="first"/>.</param>
    /// <param name="count">How many.</param>
    public static void Apply(float* x, long first, long count, double probability, ulong key)
        => Fill(x - first, first, first + count, probability, key, multiplies: true);

    /// <summary>What one element becomes, by scalar arithmetic: the definition, and the oracle of the pass over memory.</summary>
    public static float Element(long index, double probability, ulong key)
        => Hash((uint)index ^ Key0(key, index), Key1(key, index)) >= Threshold(probability) ? Scale(probability) : 0;

    private static void Pass(Tensor x, double probability, ulong key, long first, bool multiplies)
    {
        var to = TensorMemory.Pointer<float>(x) - first; // where number 0 would be
        KernelThreads.ForRanges(x.numel(), SmallestShare,
            (start, end) => Fill(to, first + start, first + end, probability, key, multiplies));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fill(float* to, long from, long end, double probability, ulong key, bool multiplies)
    {
        var (threshold, scale) = (Threshold(probability), Scale(probability));
        var (thresholds, scales, steps) = (Vector256.Create(threshold), Vector256.Create(scale), Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7));
        var i = from;
        while (i < end)
        {
            // Both parts of the key are the same for 2^32 elements.
            var sameKey = Math.Min(end, (i | uint.MaxValue) + 1);
            uint key0 = Key0(key, i), key1 = Key1(key, i);
            for (; i <= sameKey - Lane; i += Lane)
            {
                var hash = Hash((Vector256.Create((uint)i) + steps) ^ Vector256.Create(key0), Vector256.Create(key1));
                var mask = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(hash, thresholds).AsSingle(),
                    scales, Vector256<float>.Zero);
                (multiplies ? mask * Vector256.Load(to + i) : mask).Store(to + i);
            }

            for (; i < sameKey; i++) to[i] = (Hash((uint)i ^ key0, key1) >= threshold ? scale : 0) * (multiplies ? to[i] : 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint x, uint key)
    {
        x = (x ^ (x >> 16)) * First ^ key;
        x = (x ^ (x >> 15)) * Second;
        return x ^ (x >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Hash(Vector256<uint> x, Vector256<uint> key)
    {
        x = ((x ^ (x >> 16)) * Vector256.Create(First)) ^ key;
        x = (x ^ (x >> 15)) * Vector256.Create(Second);
        return x ^ (x >> 16);
    }

    private static uint Key0(ulong key, long index) => (uint)Block(key, index);

    private static uint Key1(ulong key, long index) => (uint)(Block(key, index) >> 32);

    private static ulong Block(ulong key, long index) => SplitMix64.Derive(key, (ulong)index >> 32);

    private static uint Threshold(double probability) => (uint)Math.Round(probability * uint.MaxValue);

    private static float Scale(double probability) => (float)(1 / (1 - probability));
}
