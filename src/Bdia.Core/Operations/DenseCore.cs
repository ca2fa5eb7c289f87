using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// The product of <see cref="DenseProduct"/> over rented memory, forth and back, by libtorch: for passes that are written down.
/// </summary>
/// <param name="workspace">For what it makes.</param>
/// <param name="type">Number format of what comes out.</param>
internal sealed class DenseCore(Workspace workspace, ScalarType type)
{
    private readonly ScalarType taken = BFloat16Products.TypeOf(type, workspace.Device.type);

    /// <summary>x Wᵀ + b, rented.</summary>
    /// <param name="x">(rows, inputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    public Tensor Forward(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var operand = Operand(x);
        var y = workspace.Rent(taken, x.shape[0], weight.shape[0]);
        using (var transposed = BFloat16Products.Operand(weight, type).t())
        {
            if (bias is null) y.addmm_(operand, transposed, beta: 0);
            else y.copy_(BFloat16Products.Operand(bias, type)).addmm_(operand, transposed);
        }

        Return(operand, x);
        return Rounded(y);
    }

    /// <summary>Adds gᵀ x, the gradient by the weight.</summary>
    /// <param name="sum">(outputs, inputs), float32.</param>
    /// <param name="gradient">g, (rows, outputs).</param>
    /// <param name="x">(rows, inputs).</param>
    public void AddByWeight(Tensor sum, Tensor gradient, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor left = Operand(gradient), right = Operand(x);
        if (taken == ScalarType.Float32) sum.addmm_(left.t(), right);
        else sum.PlusInPlace(left.t().mm(right));
        Return(left, gradient);
        Return(right, x);
    }

    /// <summary>g W, the gradient by x, rented.</summary>
    /// <param name="gradient">g, (rows, outputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    public Tensor ByInput(Tensor gradient, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var operand = Operand(gradient);
        var byInput = workspace.Rent(taken, gradient.shape[0], weight.shape[1])
            .addmm_(operand, BFloat16Products.Operand(weight, type), beta: 0);
        Return(operand, gradient);
        return Rounded(byInput);
    }

    // What is in the format of products already is taken as it is.
    private Tensor Operand(Tensor t) => t.dtype == taken ? t : workspace.Rent(taken, t.shape).copy_(t);

    private void Return(Tensor operand, Tensor of)
    {
        if (!ReferenceEquals(operand, of)) workspace.Return(operand);
    }

    // A product in the number format that is asked for.
    private Tensor Rounded(Tensor product)
    {
        if (product.dtype == type) return product;
        var rounded = workspace.Rent(type, product.shape).copy_(product);
        workspace.Return(product);
        return rounded;
    }
}
