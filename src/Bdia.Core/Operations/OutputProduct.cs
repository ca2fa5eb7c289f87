using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>The product at the end of a network that writes: states in, a score of every token of a vocabulary out.</summary>
/// <param name="Weight">(V, D), float32.</param>
/// <param name="Bias">(V), float32; null for none.</param>
/// <param name="Precision">Of the product.</param>
internal readonly record struct OutputProduct(Tensor Weight, Tensor? Bias, ComputePrecision Precision)
{
    /// <summary>Logits (..., V), float32, of states (..., D).</summary>
    public Tensor Logits(Tensor states)
    {
        using var scope = NewDisposeScope();
        return DenseProduct.Apply(states, Weight, Bias, Precision).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Logits (R, V), float32, of states (R, D), up to float rounding, the logits of a token together in memory: for few rows the faster
    /// product.
    /// </summary>
    public Tensor TransposedLogits(Tensor states)
    {
        using var scope = NewDisposeScope();
        return DenseProduct.Transposed(states, Weight, Bias, Precision).to(ScalarType.Float32).t().MoveToOuterDisposeScope();
    }
}
