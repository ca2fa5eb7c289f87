using Bdia.Core.Reversible;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>Some sequences on their way through <see cref="EncoderKernel"/>: their tokens in parts, and where these meet.</summary>
internal sealed unsafe class EncoderPass<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly EncoderSizes sizes;
    private readonly EulerSteps steps;
    private readonly int threads, parts; // of each sequence
    private readonly int? leading;
    private readonly EncoderPart<S, V>[] all; // sequence after sequence
    private readonly Scratch scratch;
    private readonly EncoderKeys[] keys; // two of each sequence: while one block's are read, the next one's are written

    /// <param name="sizes">Of each sequence.</param>
    /// <param name="steps">Of the stack.</param>
    /// <param name="sequences">How many.</param>
    /// <param name="threads">That work on them; with one, nobody else is met.</param>
    /// <param name="leading">How many tokens of each are wanted; null for all.</param>
    public EncoderPass(EncoderSizes sizes, EulerSteps steps, int sequences, int threads, int? leading)
    {
        (this.sizes, this.steps, this.threads, this.leading) = (sizes, steps, threads, leading);
        var registers = (sizes.Columns + S.Count - 1) / S.Count;
        parts = Math.Clamp((threads + sequences - 1) / sequences, 1, registers);
        all = [.. from sequence in Enumerable.Range(0, sequences) from part in Enumerable.Range(0, parts) select Part(part, registers)];
        var columns = (sizes.Tokens + S.Count - 1) / S.Count * S.Count;
        var stride = Scratch.Stride(columns);
        scratch = new Scratch([.. Enumerable.Repeat((2 * sizes.Width, columns), 2 * sequences)]);
        keys = new EncoderKeys[2 * sequences];
        for (var i = 0; i < keys.Length; i++) keys[i] = new(scratch.Take(2 * sizes.Width, columns), stride);
    }

    /// <summary>Takes x_0 through all blocks.</summary>
    /// <param name="from">x_0, (B, N, D).</param>
    /// <param name="to">x_K, (B, N, D), or (B, n, D).</param>
    /// <param name="largest">Of x_0 and of each step: becomes the largest magnitude, where it is larger.</param>
    public void Run(EncoderWeights[] blocks, float* from, float* to, float[] largest)
    {
        var magnitudes = new float[all.Length];
        var wanted = leading ?? sizes.Tokens;
        for (var k = 0; k <= blocks.Length; k++)
        {
            var block = k;
            KernelThreads.For(all.Length, i =>
            {
                var (part, sequence) = (all[i], i / parts);
                var isLast = block == blocks.Length;
                if (block == 0) magnitudes[i] = part.Start(from + (long)sequence * sizes.Tokens * sizes.Width);
                else if (!isLast || leading is null || i % parts == 0)
                    magnitudes[i] = part.Advance(blocks[block - 1], Keys(sequence, block - 1), isLast ? leading : null);
                if (!isLast) part.Remember(blocks[block], Keys(sequence, block));
                else if (leading is null || i % parts == 0) part.Write(to + (long)sequence * wanted * sizes.Width, leading);
            }, threads);
            foreach (var magnitude in magnitudes) largest[k] = MathF.Max(largest[k], magnitude);
        }
    }

    public void Dispose()
    {
        foreach (var part in all) part.Dispose();
        scratch.Dispose();
    }

    private EncoderPart<S, V> Part(int part, int registers)
    {
        int first = registers * part / parts * S.Count, end = registers * (part + 1) / parts * S.Count;
        return new(sizes, steps, first, Math.Min(end, sizes.Columns) - first, part == parts - 1 ? sizes.Rest : 0);
    }

    private EncoderKeys Keys(int sequence, int block) => keys[2 * sequence + block % 2];
}
