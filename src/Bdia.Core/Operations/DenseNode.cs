using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// A product of many rows in the autograd graph, whose gradient by the weight is taken in pieces that follow from its shape: libtorch's,
/// a sum over all rows, is cut by the number of threads, and so are its last bits.
/// </summary>
internal sealed class DenseNode : autograd.SingleTensorFunction<DenseNode>
{
    public override string Name => nameof(DenseNode);

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="value">The result, without a graph, float32.</param>
    /// <param name="x">(..., inputs), float32; no gradient goes back to it.</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    /// <param name="type">Number format of the product.</param>
    public static Tensor Apply(Tensor value, Tensor x, Tensor weight, Tensor? bias, ScalarType type)
        => apply(bias is null ? [new Call(value, x, type, 1), weight] : [new Call(value, x, type, 2), weight, bias]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (Call)vars[0];
        ctx.save_data(nameof(Call), call with { Value = null, X = null });
        ctx.save_for_backward([call.X!, (Tensor)vars[1]]);
        return call.Value!;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
    {
        var call = (Call)ctx.get_data(nameof(Call));
        return ctx.HandOver(gradient, call.Inputs, () =>
        {
            using var scope = NewDisposeScope();
            using var noGraph = no_grad();
            var saved = ctx.get_saved_variables();
            var (x, weight) = (saved[0].contiguous(), saved[1]);
            using var workspace = new Workspace(x.device);
            var (byWeight, rows) = (zeros_like(weight), gradient.contiguous().view(-1, weight.shape[0]));
            new DenseCore(workspace, call.Type).AddByWeight(byWeight, rows, x.view(-1, weight.shape[1]));
            List<Tensor> gradients = [null!, byWeight.MoveToOuterDisposeScope()];
            if (call.Inputs == 1) return gradients;
            var byBias = zeros(weight.shape[0], float32, weight.device);
            ColumnSums.Add(rows, byBias);
            gradients.Add(byBias.MoveToOuterDisposeScope());
            return gradients;
        });
    }

    private sealed record Call(Tensor? Value, Tensor? X, ScalarType Type, int Inputs);
}
