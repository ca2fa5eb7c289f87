using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>
/// Tensors that are used over and over: all blocks of a stack have the same shapes. Freed and allocated anew they would cost page faults, and
/// with glibc's allocator, which cannot put an aligned request into the hole that an equal one left, several times the memory that is in use.
/// </summary>
internal sealed class Workspace : IDisposable
{
    private readonly Dictionary<(long Elements, ScalarType Type), Stack<Tensor>> _free = [];

    /// <summary>A contiguous CPU tensor of undefined content, in no dispose scope; to be given back by <see cref="Return"/>, or to be disposed.</summary>
    public Tensor Rent(ScalarType type, params ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var size in shape) elements *= size;
        if (!_free.TryGetValue((elements, type), out var free) || !free.TryPop(out var tensor)) return empty(shape.ToArray(), type).DetachFromDisposeScope();
        if (tensor.shape.AsSpan().SequenceEqual(shape)) return tensor;
        using (tensor) return tensor.view(shape.ToArray()).DetachFromDisposeScope();
    }

    /// <summary>Takes a rented tensor back; nobody else may hold its memory.</summary>
    public void Return(Tensor tensor)
    {
        var key = (tensor.numel(), tensor.dtype);
        if (!_free.TryGetValue(key, out var free)) _free.Add(key, free = []);
        free.Push(tensor);
    }

    public void Dispose()
    {
        foreach (var tensor in _free.Values.SelectMany(free => free)) tensor.Dispose();
        _free.Clear();
    }
}
