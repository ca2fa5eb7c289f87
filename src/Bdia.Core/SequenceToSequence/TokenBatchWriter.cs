using System.Runtime.InteropServices;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Makes the tensors of a batch, straight in their memory.</summary>
internal static class TokenBatchWriter
{
    /// <summary>A batch of some rows, in the order given.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="numbers">Which.</param>
    /// <param name="padded">The rows to whose longest texts they are padded.</param>
    public static TokenBatch Write(SequenceRows rows, ReadOnlySpan<int> numbers, ReadOnlySpan<int> padded)
    {
        var (sourceLength, targetLength, outputs) = (0, 0, 0);
        foreach (var row in padded)
        {
            sourceLength = Math.Max(sourceLength, rows.Source.Length(row));
            targetLength = Math.Max(targetLength, rows.Target.Length(row));
        }

        foreach (var row in numbers) outputs += rows.Target.Length(row);

        // Detached: a batch outlives whatever scope is open on the thread that makes it. zeros, since padding is 0.
        var source = zeros([numbers.Length, sourceLength], int64, CPU).DetachFromDisposeScope();
        var target = zeros([numbers.Length, targetLength], int64, CPU).DetachFromDisposeScope();
        var full = outputs == numbers.Length * targetLength;
        var positions = full ? null : empty([outputs], int64, CPU).DetachFromDisposeScope();
        var written = new int[outputs];
        var sources = MemoryMarshal.Cast<byte, long>(source.bytes);
        var targets = MemoryMarshal.Cast<byte, long>(target.bytes);
        var places = full ? [] : MemoryMarshal.Cast<byte, long>(positions!.bytes);
        var line = new long[targetLength];
        var next = 0;
        for (var i = 0; i < numbers.Length; i++)
        {
            rows.Source.CopyTo(numbers[i], sources[(i * sourceLength)..]);
            rows.Target.CopyTo(numbers[i], line);
            var length = rows.Target.Length(numbers[i]);
            targets[i * targetLength] = SpecialTokens.Start;
            line.AsSpan(0, length - 1).CopyTo(targets[(i * targetLength + 1)..]);
            for (var t = 0; t < length; t++, next++)
            {
                written[next] = (int)line[t];
                if (!full) places[next] = i * targetLength + t;
            }
        }

        return new TokenBatch(source, target, positions, written);
    }
}
