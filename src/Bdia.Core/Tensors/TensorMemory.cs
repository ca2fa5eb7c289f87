using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>The memory behind a CPU tensor, for kernels of ours. A pointer is valid while the tensor is alive and not resized.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The first element; null for an empty tensor.</summary>
    /// <exception cref="ArgumentException">The tensor is not contiguous, not on the CPU, or of another type.</exception>
    public static T* Pointer<T>(Tensor t) where T : unmanaged
    {
        if (!t.is_contiguous() || t.device_type != TorchSharp.DeviceType.CPU || t.element_size() != sizeof(T))
            throw new ArgumentException($"Expected a contiguous CPU tensor of {typeof(T).Name}; got {t.dtype} on {t.device} "
                + $"({(t.is_contiguous() ? "" : "not ")}contiguous).");
        return (T*)Address(t);
    }

    /// <summary>The first byte, whatever the type; null for an empty tensor.</summary>
    public static byte* Address(Tensor t)
    {
        var elements = t.numel();
        if (elements == 0) return null;
        // Two tensors less to make and free: a kernel for few rows of small layers would notice.
        if (elements * t.element_size() <= int.MaxValue) return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(t.bytes));
        // Tensor.bytes is a span and so ends at 2 GB; a span over the first element has the same address and no such limit.
        using var flat = t.view(-1);
        using var first = flat.narrow(0, 0, 1);
        return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }

    /// <summary>
    /// Tells autograd that a tensor's memory was written to by code of ours: a graph that needs the values as they were then refuses to go
    /// back, as it does after an operation of libtorch's in place.
    /// </summary>
    public static void NoteWrite(Tensor t)
    {
        using var noGraph = no_grad();
        using var nothing = t.as_strided([0], [1]); // shares the version that an operation in place counts up
        nothing.zero_().Dispose();
    }

    /// <summary>Asks for memory that is read soon, in a way that the processor does not foresee.</summary>
    public static void Prefetch(float* memory, long count)
    {
        const int line = 16;
        if (!Sse.IsSupported) return;
        for (var i = 0L; i < count; i += line) Sse.Prefetch0(memory + i);
    }

    /// <summary>How many elements of two contiguous float32 tensors of finite values differ in a bit, the sign of zero included.</summary>
    public static long DifferingElements(Tensor a, Tensor b)
    {
        if (a.device_type == TorchSharp.DeviceType.CPU && SameBytes(Pointer<float>(a), Pointer<float>(b), a.numel())) return 0;
        using var scope = NewDisposeScope();
        return a.ne(b).logical_or_(a.signbit().ne(b.signbit())).sum().item<long>();
    }

    private static bool SameBytes(float* a, float* b, long count)
    {
        const int chunk = 1 << 20; // spans are limited to 2^31 elements
        for (; count > 0; a += chunk, b += chunk, count -= chunk)
        {
            var length = (int)Math.Min(chunk, count);
            if (!new ReadOnlySpan<int>(a, length).SequenceEqual(new ReadOnlySpan<int>(b, length))) return false;
        }

        return true;
    }
}
