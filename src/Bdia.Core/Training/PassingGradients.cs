using Bdia.Core.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Gradients of which those of a block or two are there at a time, and those outside of blocks; and whole ones, in which the sum of some
/// parts waits for its right neighbour.
/// </summary>
internal sealed class PassingGradients : IDisposable
{
    private readonly int blocksAtOnce;
    private readonly List<Tensor> memory = [];
    private readonly BlockGradients[] passing;
    private readonly BlockGradients[][] waiting; // by level and range

    /// <param name="optimizer">The optimizer.</param>
    /// <param name="ranges">The parameters of each range, those outside of blocks last; all on one device.</param>
    /// <param name="levels">Sums that may wait at one time.</param>
    /// <param name="blocksAtOnce">Blocks whose gradients are there at one time.</param>
    public PassingGradients(AdamW optimizer, IReadOnlyList<IReadOnlyList<AdamWSlot>> ranges, int levels, int blocksAtOnce)
    {
        this.blocksAtOnce = blocksAtOnce;
        Slots = [.. ranges.Select(range => range.Select(slot => slot.Number).ToArray())];
        var lengths = ranges.Select(BlockGradients.Length).ToArray();
        // Once, before any pass: what is allocated between the large temporaries of a pass breaks up the heap.
        Tensor[] blocks = [.. Enumerable.Range(0, blocksAtOnce).Select(_ => Make(lengths.SkipLast(1).DefaultIfEmpty().Max()))];
        var rest = Make(lengths[^1]);
        passing = [.. Slots.Select((slots, range) => new BlockGradients(optimizer, slots,
            range == Slots.Count - 1 ? rest : blocks[range % blocksAtOnce]))];
        waiting = [.. Enumerable.Range(0, levels).Select(_ =>
        {
            using var scope = NewDisposeScope();
            var (whole, start) = (Make(lengths.Sum()), 0L);
            return Slots.Select((slots, range) =>
            {
                var place = whole.narrow(0, start, lengths[range]);
                start += lengths[range];
                return new BlockGradients(optimizer, slots, place);
            }).ToArray();
        })];

        Tensor Make(long length)
        {
            using var scope = NewDisposeScope();
            var device = optimizer.Slots.Count > 0 ? optimizer.Slots[0].Parameter.device : CPU;
            memory.Add(zeros(length, float32, device).DetachFromDisposeScope());
            return memory[^1];
        }
    }

    /// <summary>Numbers, in the optimizer, of the parameters of each range.</summary>
    public IReadOnlyList<int[]> Slots { get; }

    /// <summary>Memory of gradients, in bytes.</summary>
    public long Bytes => memory.Sum(each => each.numel()) * sizeof(float);

    /// <summary>The gradients of a range that pass: their memory is that of other blocks as well.</summary>
    public BlockGradients Passing(int range) => passing[range];

    /// <summary>Whether a range has the memory that another one has had before it; which.</summary>
    public int? Before(int range) => range >= blocksAtOnce && range < passing.Length - 1 ? range - blocksAtOnce : null;

    /// <summary>Gives all parameters a gradient of zero in the memory of a level, to be added to.</summary>
    public void TakeAll(int level)
    {
        foreach (var range in waiting[level]) range.Take();
    }

    /// <summary>Leaves all parameters without gradients.</summary>
    public void ReleaseAll()
    {
        foreach (var range in passing) range.Release();
    }

    /// <summary>Adds the gradients of a range that pass to the sum that waits at a level.</summary>
    public void AddTo(int level, int range) => waiting[level][range].Add(passing[range]);

    /// <summary>Adds to the gradients of a range that pass all sums that wait, the highest level last.</summary>
    public void Join(int range)
    {
        for (var level = waiting.Length - 1; level >= 0; level--) passing[range].Add(waiting[level][range]);
    }

    /// <summary>Lets the sum of a level wait one level higher, alone or added to the one that waits there.</summary>
    public void Rise(int level, bool joins)
    {
        for (var range = 0; range < passing.Length; range++)
        {
            if (joins) waiting[level - 1][range].Add(waiting[level][range]);
            else waiting[level - 1][range].Copy(waiting[level][range]);
        }
    }

    public void Dispose()
    {
        foreach (var range in passing.Concat(waiting.SelectMany(each => each))) range.Dispose();
        foreach (var each in memory) each.Dispose();
    }
}
