using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bdia.Core.Numerics;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static Bdia.Core.Tensors.TensorMemory;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// <see cref="TensorStepKernel"/>, bit for bit, in one pass over CPU memory: update, rounding, pads and their packing together, on as many
/// threads as libtorch uses.
/// </summary>
internal sealed unsafe class SimdStepKernel : IStepKernel
{
    public static readonly SimdStepKernel Instance = new();

    // Passes are optimised at once: the runtime would first run them unoptimised some dozen times, which is the first steps of a training.
    private delegate Vector256<float> Pass(in Span span);

    public float Next(Tensor destination, Tensor xPrevious, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid)
    {
        float* to = Pointer<float>(destination), previous = Pointer<float>(xPrevious), at = Pointer<float>(x), residual = Pointer<float>(h);
        var packed = Pointer<byte>(pads.Bytes);
        var (m, q) = (pads.PadBits, pads.Denominator);
        return ForEachGroup(x.shape[0], pads.ElementsPerSample, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (in Span s) =>
        {
            var weight = Lanes.Broadcast(gamma[s.Sample]);
            var largest = Vector256<float>.Zero;
            for (var g = s.FirstGroup; g < s.EndGroup; g++)
            {
                var offset = s.Offset(g);
                var count = s.Count(g);
                var xp = Load(previous + offset, count);
                var pad = BdiaStep.Pad(xp, q, grid);
                Pack(Vector256.ConvertToInt32(pad.Value), packed + s.Group(g) * m, m);
                var next = BdiaStep.Next(xp, pad, Load(at + offset, count), Load(residual + offset, count),
                    weight, q, grid, out var increment);
                Store(next, to + offset, count);
                largest = Vector256.Max(largest, Vector256.Max(Vector256.Abs(next.Value), Vector256.Abs(increment.Value)));
            }

            return largest;
        });
    }

    public void Previous(Tensor destination, Tensor xNext, Tensor x, Tensor h, float[] gamma, PackedPads pads, FixedPointGrid grid)
    {
        float* to = Pointer<float>(destination), next = Pointer<float>(xNext), at = Pointer<float>(x), residual = Pointer<float>(h);
        var packed = Pointer<byte>(pads.Bytes);
        var (m, q) = (pads.PadBits, pads.Denominator);
        ForEachGroup(x.shape[0], pads.ElementsPerSample, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (in Span s) =>
        {
            var weight = Lanes.Broadcast(gamma[s.Sample]);
            for (var g = s.FirstGroup; g < s.EndGroup; g++)
            {
                var offset = s.Offset(g);
                var count = s.Count(g);
                var pad = new Lanes(Vector256.ConvertToSingle(Unpack(packed + s.Group(g) * m, m)));
                Store(BdiaStep.Previous(Load(next + offset, count), pad, Load(at + offset, count),
                    Load(residual + offset, count), weight, q, grid), to + offset, count);
            }

            return Vector256<float>.Zero;
        });
    }

    public float Euler(Tensor destination, Tensor x, Tensor h, FixedPointGrid grid)
    {
        float* to = Pointer<float>(destination), at = Pointer<float>(x), residual = Pointer<float>(h);
        return ForEachGroup(1, x.numel(), [MethodImpl(MethodImplOptions.AggressiveOptimization)] (in Span s) =>
        {
            var largest = Vector256<float>.Zero;
            for (var g = s.FirstGroup; g < s.EndGroup; g++)
            {
                var offset = s.Offset(g);
                var count = s.Count(g);
                var r = Load(residual + offset, count);
                var next = BdiaStep.Euler(Load(at + offset, count), r, grid);
                Store(next, to + offset, count);
                largest = Vector256.Max(largest, Vector256.Max(Vector256.Abs(next.Value), Vector256.Abs(r.Value)));
            }

            return largest;
        });
    }

    public float Quantize(Tensor destination, Tensor y, FixedPointGrid grid)
    {
        float* to = Pointer<float>(destination), from = Pointer<float>(y);
        return ForEachGroup(1, y.numel(), [MethodImpl(MethodImplOptions.AggressiveOptimization)] (in Span s) =>
        {
            var largest = Vector256<float>.Zero;
            for (var g = s.FirstGroup; g < s.EndGroup; g++)
            {
                var offset = s.Offset(g);
                var count = s.Count(g);
                var value = Load(from + offset, count);
                Store(BdiaStep.Quantize(value, grid), to + offset, count);
                largest = Vector256.Max(largest, Vector256.Abs(value.Value));
            }

            return largest;
        });
    }

    /// <summary>Splits all groups of all samples evenly over the threads; a span never crosses a sample.</summary>
    private static float ForEachGroup(long samples, long elementsPerSample, Pass pass)
    {
        const long smallestShare = 4096; // groups; below that a second thread costs more than it brings
        var groupsPerSample = (elementsPerSample + Lanes.Count - 1) / Lanes.Count;
        var total = samples * groupsPerSample;
        var workers = (int)Math.Clamp(total / smallestShare, 1, Math.Max(1, get_num_threads()));
        var largest = new Vector256<float>[workers];

        void Work(int worker)
        {
            long group = total * worker / workers, end = total * (worker + 1) / workers;
            var most = Vector256<float>.Zero;
            while (group < end)
            {
                var sample = group / groupsPerSample;
                var first = group - sample * groupsPerSample;
                var last = Math.Min(groupsPerSample, first + end - group);
                most = Vector256.Max(most, pass(new Span(sample, first, last, groupsPerSample, elementsPerSample)));
                group += last - first;
            }

            largest[worker] = most;
        }

        KernelThreads.For(workers, Work);

        var result = 0f;
        foreach (var lanes in largest)
            for (var i = 0; i < Lanes.Count; i++) result = MathF.Max(result, lanes[i]);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pack(Vector256<int> pads, byte* to, int m)
    {
        for (var j = 0; j < m; j++) to[j] = (byte)Vector256.ShiftLeft(pads, 31 - j).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Unpack(byte* from, int m)
    {
        var lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        var pads = Vector256<int>.Zero;
        for (var j = 0; j < m; j++)
            pads |= Vector256.Equals(Vector256.Create((int)from[j]) & lane, lane) & Vector256.Create(1 << j);
        return pads;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes Load(float* from, int count) => count == Lanes.Count ? Lanes.Load(from) : LoadPart(from, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Lanes value, float* to, int count)
    {
        if (count == Lanes.Count) value.Value.Store(to);
        else for (var i = 0; i < count; i++) to[i] = value.Value[i];
    }

    private static Lanes LoadPart(float* from, int count)
    {
        var part = stackalloc float[Lanes.Count];
        new Span<float>(part, Lanes.Count).Clear();
        for (var i = 0; i < count; i++) part[i] = from[i];
        return Lanes.Load(part);
    }

    /// <summary>A run of groups within one sample.</summary>
    private readonly record struct Span(long Sample, long FirstGroup, long EndGroup, long GroupsPerSample, long ElementsPerSample)
    {
        public long Offset(long group) => Sample * ElementsPerSample + group * Lanes.Count;

        public int Count(long group) => (int)Math.Min(Lanes.Count, ElementsPerSample - group * Lanes.Count);

        public long Group(long group) => Sample * GroupsPerSample + group;
    }
}
