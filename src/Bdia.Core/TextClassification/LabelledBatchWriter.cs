using System.Runtime.InteropServices;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>Makes the tensors of a batch, straight in their memory.</summary>
internal static class LabelledBatchWriter
{
    /// <summary>A batch of some rows as they are, unweighted and without smoothing: for validation.</summary>
    /// <param name="all">All rows.</param>
    /// <param name="numbers">Which.</param>
    /// <param name="classes">Number of classes.</param>
    public static LabelledBatch Write(LabelledTokens all, ReadOnlySpan<int> numbers, int classes)
        => Write(all, numbers, numbers, classes, _ => 1, 0, (_, ids) => ids.Length);

    /// <summary>A batch of some rows to train on, in the order given.</summary>
    /// <param name="all">All rows.</param>
    /// <param name="numbers">Which.</param>
    /// <param name="padded">The rows to whose longest they are padded.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="weight">How much a row of a class counts.</param>
    /// <param name="smoothing">Share of the target that is spread over all classes.</param>
    /// <param name="change">Given the number of a row, changes its ids in place and returns how many are left.</param>
    public static LabelledBatch Write(LabelledTokens all, ReadOnlySpan<int> numbers, ReadOnlySpan<int> padded, int classes,
        Func<int, float> weight, double smoothing, Changing change)
    {
        var length = 0;
        foreach (var row in padded) length = Math.Max(length, all.Ids.Length(row));
        // Detached: a batch outlives whatever scope is open on the thread that makes it. zeros, since padding is 0.
        var ids = zeros([numbers.Length, length], int64, CPU).DetachFromDisposeScope();
        var targets = empty([numbers.Length, classes], float32, CPU).DetachFromDisposeScope();
        var labels = empty([numbers.Length], int64, CPU).DetachFromDisposeScope();
        var written = MemoryMarshal.Cast<byte, long>(ids.bytes);
        var probabilities = MemoryMarshal.Cast<byte, float>(targets.bytes);
        var classesOf = MemoryMarshal.Cast<byte, long>(labels.bytes);
        var sum = 0.0;
        for (var i = 0; i < numbers.Length; i++)
        {
            var row = numbers[i];
            var line = written.Slice(i * length, length);
            all.Ids.CopyTo(row, line);
            var left = change(row, line[..all.Ids.Length(row)]);
            line[left..].Clear(); // padding is 0
            var label = all.Label(row);
            ClassTargets.Write(probabilities.Slice(i * classes, classes), label, weight(label), smoothing);
            classesOf[i] = label;
            sum += weight(label);
        }

        return new LabelledBatch(ids, targets, labels, sum);
    }

    /// <summary>Changes the ids of a row in place; returns how many are left.</summary>
    /// <param name="row">Number of the row.</param>
    /// <param name="ids">Its ids.</param>
    public delegate int Changing(int row, Span<long> ids);

    /// <summary>Leaves out a share of the tokens, by chance; end tokens stay, and so does one other.</summary>
    public static int LeaveOut(Span<long> ids, double share, RandomSequence random)
    {
        var (kept, tokens, last) = (0, 0, 0L);
        var all = ids.Length;
        foreach (var id in ids) tokens += id == SpecialTokens.End ? 0 : 1;
        for (var i = 0; i < all; i++)
        {
            var id = ids[i];
            if (id != SpecialTokens.End)
            {
                tokens--;
                var isOnlyOne = tokens == 0 && last == 0;
                if (random.NextUniform() < share && !isOnlyOne) continue;
                last = id;
            }

            ids[kept++] = id;
        }

        return kept;
    }
}
