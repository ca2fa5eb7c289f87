using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>
/// Memory that is used over and over: by all blocks of a stack, and by the next pass. Freed and allocated anew it would cost page faults,
/// and with glibc's allocator, which cannot put an aligned request into the hole that an equal one left, several times what is in use.
/// </summary>
/// <remarks>What is rented goes with the workspace too. Not for several threads at once.</remarks>
internal sealed class Workspace(Device device) : IDisposable
{
    /// <summary>What is rented may lie in memory for so many times its elements. A larger buffer would be missed elsewhere.</summary>
    public const double LargestCapacity = 1.5;

    // Uses after which memory is freed that they did not need. A step of an encoder-decoder has four: two stacks, each forward and back.
    private const int MostUsesWithout = 4;

    private readonly List<Buffer> free = [];
    private readonly Dictionary<Tensor, Buffer> rented = new(ReferenceEqualityComparer.Instance);

    /// <summary>Where it is.</summary>
    public Device Device { get; } = device;

    /// <summary>Bytes of all memory.</summary>
    public long Bytes => free.Concat(rented.Values).Sum(buffer => buffer.Flat.numel() * buffer.Flat.element_size());

    /// <summary>A contiguous tensor of undefined content, in no dispose scope; to be given back by <see cref="Return"/>.</summary>
    public Tensor Rent(ScalarType type, params ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var size in shape) elements *= size;
        var buffer = Take(type, elements) ?? new Buffer(empty(elements, type, Device).DetachFromDisposeScope());
        var tensor = buffer.Seen(shape);
        rented.Add(tensor, buffer);
        return tensor;
    }

    /// <summary>Whether a tensor is rented here.</summary>
    public bool Has(Tensor tensor) => rented.ContainsKey(tensor);

    /// <summary>A rented copy, in float32 and contiguous whatever it is a copy of.</summary>
    public Tensor Copy(Tensor tensor) => Rent(ScalarType.Float32, tensor.shape).copy_(tensor);

    /// <summary>A rented tensor, seen in another shape of as many elements; it takes the place of the one that is given.</summary>
    public Tensor Shaped(Tensor tensor, params ReadOnlySpan<long> shape)
    {
        rented.Remove(tensor, out var buffer);
        var other = buffer!.Seen(shape);
        rented.Add(other, buffer);
        return other;
    }

    /// <summary>
    /// Takes a tensor, rented here or not, which is the workspace's from here on; nobody else may hold its memory. Null is nothing.
    /// </summary>
    public void Return(Tensor? tensor)
    {
        if (tensor is null) return;
        if (!rented.Remove(tensor, out var buffer)) buffer = new Buffer(tensor.view(-1).DetachFromDisposeScope(), tensor);
        free.Add(buffer);
    }

    /// <summary>Ends one use of the workspace: what is still rented is returned, and what has not been needed for long is freed.</summary>
    public void Reset()
    {
        foreach (var tensor in rented.Keys.ToArray()) Return(tensor);
        foreach (var buffer in free.Where(buffer => buffer.UsesWithout == MostUsesWithout)) buffer.Dispose();
        free.RemoveAll(buffer => buffer.UsesWithout == MostUsesWithout);
        foreach (var buffer in free) buffer.UsesWithout++;
    }

    public void Dispose()
    {
        foreach (var buffer in free.Concat(rented.Values)) buffer.Dispose();
        free.Clear();
        rented.Clear();
    }

    // The smallest that is large enough; of equals the one returned last, which the caches hold.
    private Buffer? Take(ScalarType type, long elements)
    {
        var best = -1;
        for (var i = free.Count - 1; i >= 0; i--)
        {
            var buffer = free[i];
            if (buffer.Type == type && buffer.Capacity >= elements && buffer.Capacity <= elements * LargestCapacity
                && (best < 0 || buffer.Capacity < free[best].Capacity)) best = i;
        }

        if (best < 0) return null;
        var taken = free[best];
        free.RemoveAt(best);
        return taken;
    }

    private sealed class Buffer(Tensor flat, Tensor? view = null) : IDisposable
    {
        private Tensor? view = view;

        public Tensor Flat { get; } = flat;

        public ScalarType Type { get; } = flat.dtype;

        public long Capacity { get; } = flat.numel();

        /// <summary>How many uses of the workspace ended since it was last rented.</summary>
        public int UsesWithout { get; set; }

        /// <summary>Its first elements in a shape; the view before is disposed.</summary>
        public Tensor Seen(ReadOnlySpan<long> shape)
        {
            UsesWithout = 0;
            if (this.view is not null && this.view.shape.AsSpan().SequenceEqual(shape)) return this.view;
            this.view?.Dispose();
            var strides = new long[shape.Length];
            for (var (i, stride) = (shape.Length - 1, 1L); i >= 0; stride *= shape[i--]) strides[i] = stride;
            return this.view = Flat.as_strided(shape.ToArray(), strides).DetachFromDisposeScope();
        }

        public void Dispose()
        {
            this.view?.Dispose();
            Flat.Dispose();
        }
    }
}
