using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Numerics;

/// <summary>A whole float32 tensor, on any device. Operations allocate; wrap their use in a dispose scope.</summary>
internal readonly struct TensorElements(Tensor value) : IElements<TensorElements>
{
    public Tensor Value => value;

    public static TensorElements operator +(TensorElements a, TensorElements b) => new(a.Value.Plus(b.Value));

    public static TensorElements operator -(TensorElements a, TensorElements b) => new(a.Value.sub(b.Value));

    public static TensorElements operator *(TensorElements a, TensorElements b) => new(a.Value.mul(b.Value));

    public static TensorElements operator /(TensorElements a, TensorElements b) => new(a.Value.div(b.Value));

    public static TensorElements operator *(TensorElements a, float scalar) => new(a.Value.Times(scalar));

    // By a tensor: libtorch's kernels for GPUs multiply by the reciprocal of a number, which is another float32.
    public static TensorElements operator /(TensorElements a, float scalar)
        => new(a.Value.div(tensor(new[] { scalar }, float32, a.Value.device)));

    public static TensorElements operator +(TensorElements a, float scalar) => new(a.Value.Plus(scalar));

    public static TensorElements operator +(float scalar, TensorElements a) => new(a.Value.Plus(scalar));

    public static TensorElements operator -(float scalar, TensorElements a) => new(a.Value.neg().Plus(scalar));

    public static TensorElements Floor(TensorElements x) => new(x.Value.floor());

    public static TensorElements Round(TensorElements x) => new(x.Value.round());
}
