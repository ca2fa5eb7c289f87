using System.Runtime.InteropServices;

namespace Bdia.Core.Simd;

/// <summary>
/// Memory of a thread for what is made and read again at once. It stays with the thread, as long as the largest that was asked for: freed
/// and allocated anew, it would be pages that the system has to clear.
/// </summary>
internal static unsafe class ThreadScratch
{
    [ThreadStatic]
    private static Block?[]? blocks;

    /// <summary>Memory of undefined content at the start of a cache line, the thread's until it asks again with this purpose.</summary>
    /// <param name="purpose">Tells memory that is used at the same time apart.</param>
    public static float* Take(Purpose purpose, long elements)
    {
        ref var block = ref (blocks ??= new Block?[Enum.GetValues<Purpose>().Length])[(int)purpose];
        if (block is null || block.Elements < elements)
        {
            block?.Dispose();
            block = new Block(elements);
        }

        return block.Start;
    }

    /// <summary>What memory is for.</summary>
    internal enum Purpose
    {
        /// <summary>Rows behind a norm.</summary>
        Normalised,

        /// <summary>What a product gives.</summary>
        Product,

        /// <summary>The same in another number format.</summary>
        Rounded,
    }

    private sealed class Block(long elements) : IDisposable
    {
        public float* Start { get; private set; } = (float*)NativeMemory.AlignedAlloc((nuint)(elements * sizeof(float)), 64);

        public long Elements { get; } = elements;

        public void Dispose()
        {
            NativeMemory.AlignedFree(Start);
            Start = null;
            GC.SuppressFinalize(this);
        }

        // When its thread is gone.
        ~Block() => NativeMemory.AlignedFree(Start);
    }
}
