using Bdia.Core.Layers;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>Some neighbouring outputs of a layer, or all of them: a layer of its own to whoever computes with it.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="First">Its first output.</param>
/// <param name="Count">How many; null for all.</param>
internal readonly record struct DensePart(Dense Layer, long First = 0, long? Count = null)
{
    public long Outputs => Count ?? Layer.Weight.shape[0];

    public long Inputs => Layer.Weight.shape[1];

    /// <summary>(outputs, inputs), the layer's own or a view.</summary>
    public Tensor Weight => Slice(Layer.Weight);

    /// <summary>(outputs), the layer's own or a view; null where the layer has none.</summary>
    public Tensor? Bias => Layer.Bias is { } bias ? Slice(bias) : null;

    public static implicit operator DensePart(Dense layer) => new(layer);

    /// <summary>The same outputs of a tensor that is shaped as the layer's weight or bias.</summary>
    public Tensor Slice(Tensor whole) => Count is { } count ? whole.narrow(0, First, count) : whole;
}
