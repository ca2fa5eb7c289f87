using Bdia.Core.Reversible;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>One run of <see cref="EncoderKernel"/>: the tokens of its sequences in parts, and where these meet.</summary>
internal sealed unsafe class EncoderPass<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly EncoderSizes sizes;
    private readonly EulerSteps steps;
    private readonly int threads, parts; // of each sequence
    private readonly int? leading;
    private readonly EncoderPart<S, V>[] all; // sequence after sequence
    private readonly Scratch scratch;
    private readonly EncoderKeys[] keys; // two of each sequence: while one block's are read, the next one's are written

    public EncoderPass(EncoderSizes sizes, EulerSteps steps, int sequences, int threads, int? leading)
    {
        (this.sizes, this.steps, this.threads, this.leading) = (sizes, steps, threads, leading);
        var registers = (sizes.Tokens + S.Count - 1) / S.Count;
        parts = Math.Clamp((threads + sequences - 1) / sequences, 1, registers);
        all = [.. from sequence in Enumerable.Range(0, sequences) from part in Enumerable.Range(0, parts) select Part(part, registers)];
        var stride = Scratch.Stride(registers * S.Count);
        scratch = new Scratch([.. Enumerable.Repeat((2 * sizes.Width, registers * S.Count), 2 * sequences)]);
        keys = new EncoderKeys[2 * sequences];
        for (var i = 0; i < keys.Length; i++) keys[i] = new(scratch.Take(2 * sizes.Width, registers * S.Count), stride);
    }

    /// <summary>Takes x_0 through all blocks.</summary>
    /// <param name="from">x_0, (B, N, D).</param>
    /// <param name="to">x_K, (B, N, D), or (B, n, D).</param>
    public void Run(EncoderWeights[] blocks, float* from, float* to)
    {
        var magnitudes = new float[blocks.Length + 1, all.Length]; // of x_0, and of each step
        var wanted = leading ?? sizes.Tokens;
        for (var k = 0; k <= blocks.Length; k++)
        {
            var block = k;
            KernelThreads.For(all.Length, i =>
            {
                var (part, sequence) = (all[i], i / parts);
                var isLast = block == blocks.Length;
                if (block == 0) magnitudes[0, i] = part.Start(from + (long)sequence * sizes.Tokens * sizes.Width);
                else if (!isLast || leading is null || i % parts == 0)
                    magnitudes[block, i] = part.Advance(blocks[block - 1], Keys(sequence, block - 1), isLast ? leading : null);
                if (!isLast) part.Remember(blocks[block], Keys(sequence, block));
                else if (leading is null || i % parts == 0) part.Write(to + (long)sequence * wanted * sizes.Width, leading);
            }, threads);
        }

        // As the ordinary way tells: x_0 and the first step by the first block.
        for (var k = 0; k <= blocks.Length; k++)
            for (var i = 0; i < all.Length; i++) steps.Check(Math.Max(0, k - 1), magnitudes[k, i]);
    }

    public void Dispose()
    {
        foreach (var part in all) part.Dispose();
        scratch.Dispose();
    }

    private EncoderPart<S, V> Part(int part, int registers)
    {
        int first = registers * part / parts * S.Count, end = registers * (part + 1) / parts * S.Count;
        return new(sizes, steps, first, Math.Min(end, sizes.Tokens) - first);
    }

    private EncoderKeys Keys(int sequence, int block) => keys[2 * sequence + block % 2];
}
