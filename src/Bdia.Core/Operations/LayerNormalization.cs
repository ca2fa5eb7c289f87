using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Layer normalisation over the last dimension (Ba et al., 2016), in float32.</summary>
/// <remarks>
/// Which form runs is chosen for a block as a whole: one whose backward pass is written down takes those over memory, forth and back.
/// </remarks>
internal static class LayerNormalization
{
    /// <summary>By libtorch, differentiable and on any device.</summary>
    /// <param name="x">(..., D), float32.</param>
    /// <param name="weight">(D), float32; so is <paramref name="bias"/>.</param>
    /// <param name="epsilon">Is added to the variance.</param>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor bias, double epsilon)
        => nn.functional.layer_norm(x, weight.shape, weight, bias, epsilon);

    /// <summary>The same where it is trained: on the CPU its gradients are the same bits on any number of threads.</summary>
    /// <inheritdoc cref="Apply"/>
    public static Tensor InGraph(Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        if (!is_grad_enabled() || !weight.requires_grad || !bias.requires_grad || !CpuKernels.Serve(x))
            return Apply(x, weight, bias, epsilon);
        using var scope = NewDisposeScope();
        Tensor value;
        using (no_grad()) value = Apply(x, weight, bias, epsilon);
        return Node.apply([new Node.Call(value, epsilon), x, weight, bias]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="LayerNormKernel.Forward(Tensor, Tensor, Tensor, double, Tensor, int?)"/>
    public static void Forward(Tensor x, Tensor weight, Tensor bias, double epsilon, Tensor output)
        => LayerNormKernel.Forward(x, weight, bias, epsilon, output);

    /// <summary>Makes normalised rows for a stage of a chain.</summary>
    /// <param name="x">(..., D), float32, contiguous; like the weights, must live until the chain has run.</param>
    /// <param name="weight">(D), float32; so is <paramref name="bias"/>.</param>
    /// <param name="epsilon">Is added to the variance.</param>
    /// <param name="type">Of what is made.</param>
    public static unsafe RowSource Rows(Tensor x, Tensor weight, Tensor bias, double epsilon, ScalarType type)
    {
        var (rows, w, b) = ((nint)TensorMemory.Pointer<float>(x), (nint)TensorMemory.Pointer<float>(weight),
            (nint)TensorMemory.Pointer<float>(bias));
        var width = (int)weight.shape[0];
        return (first, count) =>
        {
            var normalised = ThreadScratch.Take(ThreadScratch.Purpose.Normalised, (long)count * width);
            LayerNormKernel.Forward((float*)rows + first * width, (float*)w, (float*)b, (float)epsilon, (byte*)normalised,
                type == ScalarType.BFloat16, count, width);
            return (nint)normalised;
        };
    }

    /// <summary>The backward pass as a stage of a chain, which is run.</summary>
    /// <param name="chain">Open.</param>
    /// <param name="tokens">Rows of a sequence.</param>
    /// <param name="gradient">Makes the gradient by the output, float32.</param>
    /// <inheritdoc cref="LayerNormKernel.Backward(Tensor, Tensor, double, Tensor, Tensor, Tensor, Tensor, Tensor, int?)"/>
    public static unsafe void Backward(RowChain chain, long tokens, Tensor x, Tensor weight, double epsilon, RowSource gradient,
        Tensor? addend, Tensor destination, Tensor weightGradient, Tensor biasGradient)
    {
        var width = (int)weight.shape[0];
        var (stretches, stride) = (chain.Stretches, (nint)Scratch.Stride(width));
        using var partial = new Scratch((stretches, width), (stretches, width));
        float* weights = partial.Take(stretches, width), biases = partial.Take(stretches, width);
        float* from = TensorMemory.Pointer<float>(x), to = TensorMemory.Pointer<float>(destination);
        float* scales = TensorMemory.Pointer<float>(weight), added = addend is null ? null : TensorMemory.Pointer<float>(addend);
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var offset = first * width;
            LayerNormKernel.Backward(new()
            {
                X = from + offset,
                Weight = scales,
                Gradient = (byte*)gradient(first, count),
                Addend = added == null ? null : added + offset,
                Destination = to + offset,
                WeightSums = weights + stretch.Index * stride,
                BiasSums = biases + stretch.Index * stride,
            }, isBFloat16: false, (float)epsilon, count, width);
        });
        chain.Run();
        ColumnSums.AddPieces(weights, stretches, stride, width, TensorMemory.Pointer<float>(weightGradient));
        ColumnSums.AddPieces(biases, stretches, stride, width, TensorMemory.Pointer<float>(biasGradient));
    }

    /// <inheritdoc cref="LayerNormKernel.Backward(Tensor, Tensor, double, Tensor, Tensor, Tensor, Tensor, Tensor, int?)"/>
    public static void Backward(Tensor x, Tensor weight, double epsilon, Tensor gradient, Tensor? addend,
        Tensor destination, Tensor weightGradient, Tensor biasGradient)
        => LayerNormKernel.Backward(x, weight, epsilon, gradient, addend, destination, weightGradient, biasGradient);

    /// <summary>
    /// The operation in the autograd graph, with the kernel's way back: libtorch adds up the gradients by weight and bias over a part of
    /// the rows for each thread, so that their last bits depend on how many threads there are.
    /// </summary>
    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(LayerNormalization);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (Call)vars[0];
            ctx.save_data(nameof(Call), call with { Value = null });
            ctx.save_for_backward([(Tensor)vars[1], (Tensor)vars[2]]);
            return call.Value!;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            var call = (Call)ctx.get_data(nameof(Call));
            return ctx.HandOver(gradient, inputs: 3, () =>
            {
                using var scope = NewDisposeScope();
                using var noGraph = no_grad();
                var saved = ctx.get_saved_variables();
                Tensor x = saved[0].contiguous(), weight = saved[1];
                Tensor byX = empty_like(x), byWeight = empty_like(weight), byBias = empty_like(weight);
                Backward(Rows(x), weight, call.Epsilon, Rows(gradient.contiguous()), null, Rows(byX), byWeight, byBias);
                return [null!, byX.MoveToOuterDisposeScope(), byWeight.MoveToOuterDisposeScope(), byBias.MoveToOuterDisposeScope()];

                Tensor Rows(Tensor t) => t.view(-1, weight.shape[0]);
            });
        }

        public sealed record Call(Tensor? Value, double Epsilon);
    }
}
