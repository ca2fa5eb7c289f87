using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>
/// Tensors that are used over and over: all blocks of a stack have the same shapes. Freed and allocated anew they would cost page faults, and
/// with glibc's allocator, which cannot put an aligned request into the hole that an equal one left, several times the memory that is in use.
/// </summary>
/// <remarks>Whatever has been rented and was not released goes with the workspace. Not for several threads at once.</remarks>
internal sealed class Workspace(Device device) : IDisposable
{
    private readonly Dictionary<(long Elements, ScalarType Type), Stack<Tensor>> _free = [];
    private readonly HashSet<Tensor> _rented = new(ReferenceEqualityComparer.Instance);

    /// <summary>A contiguous tensor of undefined content, in no dispose scope; to be given back by <see cref="Return"/>.</summary>
    public Tensor Rent(ScalarType type, params ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var size in shape) elements *= size;
        if (!_free.TryGetValue((elements, type), out var free) || !free.TryPop(out var tensor)) tensor = empty(shape.ToArray(), type, device).DetachFromDisposeScope();
        _rented.Add(tensor);
        return Shaped(tensor, shape);
    }

    /// <summary>A rented tensor, seen in another shape of as many elements; it takes the place of the one that is given.</summary>
    public Tensor Shaped(Tensor tensor, params ReadOnlySpan<long> shape)
    {
        if (tensor.shape.AsSpan().SequenceEqual(shape)) return tensor;
        using var other = tensor;
        _rented.Remove(other);
        tensor = other.view(shape.ToArray()).DetachFromDisposeScope();
        _rented.Add(tensor);
        return tensor;
    }

    /// <summary>A rented copy, in float32 and contiguous whatever it is a copy of.</summary>
    public Tensor Copy(Tensor tensor) => Rent(ScalarType.Float32, tensor.shape).copy_(tensor);

    /// <summary>Takes a tensor, which is the workspace's from here on; nobody else may hold its memory. Null is nothing.</summary>
    public void Return(Tensor? tensor)
    {
        if (tensor is null) return;
        _rented.Remove(tensor);
        var key = (tensor.numel(), tensor.dtype);
        if (!_free.TryGetValue(key, out var free)) _free.Add(key, free = []);
        free.Push(tensor);
    }

    /// <summary>Leaves a rented tensor to a dispose scope.</summary>
    public Tensor Release(Tensor tensor, DisposeScope scope)
    {
        _rented.Remove(tensor);
        scope.Attach(tensor);
        return tensor;
    }

    public void Dispose()
    {
        foreach (var tensor in _free.Values.SelectMany(free => free).Concat(_rented)) tensor.Dispose();
        _free.Clear();
        _rented.Clear();
    }
}
