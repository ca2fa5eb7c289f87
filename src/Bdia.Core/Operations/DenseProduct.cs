using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>x Wᵀ + b, in the number format of a precision. Casts are part of the graph, so that gradients arrive in float32.</summary>
internal static class DenseProduct
{
    /// <summary>By libtorch, on any device: for many rows nothing is faster.</summary>
    /// <param name="x">(..., inputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    /// <param name="precision">Of the product.</param>
    /// <returns>(..., outputs).</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, ComputePrecision precision)
    {
        var type = TypeOf(precision);
        return As(type, nn.functional.linear(Operand(type, x), Operand(type, weight), bias is null ? null : Operand(type, bias)));
    }

    /// <summary>
    /// The same of what is no weight's doing, pixels for example, to which no gradient goes back; on the CPU gradients by the weights are
    /// the same bits on any number of threads.
    /// </summary>
    /// <inheritdoc cref="Apply"/>
    /// <returns>(..., outputs), float32.</returns>
    public static Tensor OfInput(Tensor x, Tensor weight, Tensor? bias, ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        var isNode = is_grad_enabled() && weight.requires_grad && bias is not { requires_grad: false } && !x.requires_grad
            && CpuKernels.Serve(x);
        using var graph = isNode ? no_grad() : null;
        var value = Apply(x, weight, bias, precision).to(ScalarType.Float32);
        graph?.Dispose();
        return (isNode ? DenseNode.Apply(value, x, weight, bias, TypeOf(precision)) : value).MoveToOuterDisposeScope();
    }

    /// <summary>The same of rows, transposed: for few of them and many outputs this product is up to twice as fast.</summary>
    /// <param name="x">(R, inputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    /// <param name="precision">Of the product.</param>
    /// <returns>(outputs, R).</returns>
    public static Tensor Transposed(Tensor x, Tensor weight, Tensor? bias, ComputePrecision precision)
    {
        var product = precision == ComputePrecision.Float32 && CpuKernels.Serve(x, multiplies: true) && TransposedDenseKernel.Fits(x)
            ? TransposedDenseKernel.Apply(x, weight)
            : TransposedByLibtorch(x, weight, precision);
        return bias is null ? product : product.Plus(As(TypeOf(precision), bias).unsqueeze(1));
    }

    /// <summary>
    /// W xᵀ by libtorch: where gradients are wanted, in other number formats, on other devices, and as the reference of the kernel.
    /// </summary>
    public static Tensor TransposedByLibtorch(Tensor x, Tensor weight, ComputePrecision precision)
    {
        var type = TypeOf(precision);
        return As(type, Operand(type, weight).mm(Operand(type, x).t()));
    }

    private static ScalarType TypeOf(ComputePrecision precision)
        => precision == ComputePrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    private static Tensor Operand(ScalarType type, Tensor t) => BFloat16Products.Operand(t, type);

    // Mostly there is nothing to cast, and calls that do nothing are what decoding one text spends its time on.
    private static Tensor As(ScalarType type, Tensor t) => t.dtype == type ? t : t.to(type);
}
