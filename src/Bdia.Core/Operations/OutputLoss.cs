using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// <see cref="CrossEntropy"/> of an output product, with their gradients, in pieces of rows: the logits, by far the largest tensor of a
/// step where a vocabulary is large, are never whole in memory.
/// </summary>
/// <remarks>
/// On the CPU the gradients by states and weights are computed with the loss, while a piece's logits are near, and wait for the backward
/// pass. Elsewhere logits are whole, and autograd goes back through them. Sums over rows are taken piece after piece.
/// </remarks>
internal sealed class OutputLoss : IDisposable
{
    // Logits of a piece, about the second cache of two cores in float32; with fewer rows products would be slow.
    private const int PieceElements = 1 << 20, FewestRows = 128;

    private readonly IDisposable? held;

    private OutputLoss(Tensor value, long correct, IDisposable? held) => (Value, Correct, this.held) = (value, correct, held);

    /// <summary>Mean loss, a scalar with its graph.</summary>
    public Tensor Value { get; }

    /// <summary>How many logits of the right class are the largest of their row.</summary>
    public long Correct { get; }

    /// <summary>Rows of a piece of so many classes.</summary>
    public static int PieceRows(long classes) => (int)Math.Max(FewestRows, PieceElements / classes);

    /// <summary>The mean loss of a batch.</summary>
    /// <param name="states">(N, D), float32.</param>
    /// <param name="output">Makes logits of them.</param>
    /// <param name="targets">The N right classes.</param>
    /// <param name="never">The class that is no answer.</param>
    /// <param name="smoothing">As of <see cref="CrossEntropy.Mean"/>.</param>
    /// <returns>To be disposed after the backward pass: until then the gradients are held.</returns>
    public static OutputLoss Mean(Tensor states, OutputProduct output, int[] targets, int never, double smoothing)
    {
        Check(states, targets);
        if (!CpuKernels.Serve(states))
        {
            var whole = CrossEntropy.Mean(output.Logits(states), targets, never, smoothing);
            return new(whole.Value, whole.Correct, whole);
        }

        using var scope = NewDisposeScope();
        // before the node is made: TorchSharp never lets go of one whose forward method throws
        var call = new Node.Call(states, output, targets, never, smoothing);
        Tensor[] inputs = output.Bias is { } bias ? [states, output.Weight, bias] : [states, output.Weight];
        return new(Node.apply([call, .. inputs]).MoveToOuterDisposeScope(), call.Correct, call);
    }

    /// <summary>
    /// Sum of the losses without smoothing, in double precision, and the number of right ones; for validation, without a graph.
    /// </summary>
    public static (double Sum, long Correct) Sum(Tensor states, OutputProduct output, int[] targets, int never)
    {
        Check(states, targets);
        using var noGraph = no_grad();
        var (sum, correct) = (0.0, 0L);
        foreach (var (first, rows) in Pieces(targets.Length, output.Weight.shape[0]))
        {
            using var scope = NewDisposeScope();
            var piece = CrossEntropy.Sum(output.Logits(states.narrow(0, first, rows)), targets[first..(first + rows)], never);
            (sum, correct) = (sum + piece.Sum, correct + piece.Correct);
        }

        return (sum, correct);
    }

    /// <summary>Lets go of what waits for the backward pass.</summary>
    public void Dispose() => held?.Dispose();

    private static void Check(Tensor states, int[] targets)
    {
        if (states.dim() != 2 || states.shape[0] != targets.Length)
            throw new ArgumentException($"States have shape ({string.Join(", ", states.shape)}) for {targets.Length} tokens; give "
                + $"({targets.Length}, D).", nameof(states));
    }

    private static IEnumerable<(int First, int Rows)> Pieces(int rows, long classes)
    {
        var most = PieceRows(classes);
        for (var first = 0; first < rows; first += most) yield return (first, Math.Min(most, rows - first));
    }

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(OutputLoss);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (Call)vars[0];
            ctx.save_data(nameof(Call), call);
            return tensor(call.Value, float32, CPU);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            var call = (Call)ctx.get_data(nameof(Call));
            return ctx.HandOver(gradient, call.Inputs, () => [null!, .. call.Take(gradient.item<float>())]);
        }

        public sealed class Call : IDisposable
        {
            private Tensor[]? gradients; // by states, weight and bias
            private bool taken;

            public Call(Tensor states, OutputProduct output, int[] targets, int never, double smoothing)
            {
                using var scope = NewDisposeScope();
                using var noGraph = no_grad();
                using var workspace = new Workspace(states.device);
                states = states.contiguous();
                var type = output.Precision == ComputePrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
                var products = new DenseCore(workspace, type);
                var weight = BFloat16Products.Operand(output.Weight, type); // once for all pieces
                var (byStates, byWeight) = (empty_like(states), zeros_like(output.Weight));
                var byBias = output.Bias is { } bias ? zeros_like(bias) : null;
                var sum = 0.0;
                foreach (var (first, rows) in Pieces(targets.Length, weight.shape[0]))
                {
                    using var piece = NewDisposeScope();
                    var x = states.narrow(0, first, rows);
                    var logits = products.Forward(x, weight, output.Bias);
                    var byLogits = type == ScalarType.Float32 ? logits : workspace.Copy(logits);
                    var (loss, correct) = CrossEntropyKernel.Run(byLogits, targets[first..(first + rows)], never, smoothing,
                        1f / targets.Length);
                    (sum, Correct) = (sum + loss, Correct + correct);
                    byBias?.PlusInPlace(byLogits.sum([0L])); // a bare 0 would be a ScalarType
                    if (type != ScalarType.Float32) logits.copy_(byLogits); // rounded once, for two products
                    products.AddByWeight(byWeight, logits, x);
                    var byX = products.ByInput(logits, weight);
                    byStates.narrow(0, first, rows).copy_(byX);
                    workspace.Return(byX);
                    if (!ReferenceEquals(byLogits, logits)) workspace.Return(byLogits);
                    workspace.Return(logits);
                }

                Value = sum / targets.Length;
                gradients = byBias is null ? [byStates, byWeight] : [byStates, byWeight, byBias];
                foreach (var gradient in gradients) gradient.DetachFromDisposeScope();
                Inputs = gradients.Length;
            }

            public double Value { get; }

            public long Correct { get; }

            /// <summary>How many gradients there are.</summary>
            public int Inputs { get; }

            /// <summary>The gradients, once.</summary>
            public Tensor[] Take(float factor)
            {
                if (taken || gradients is null)
                    throw new InvalidOperationException("The gradient of this loss was taken already; compute the loss anew.");
                taken = true;
                foreach (var gradient in gradients)
                    if (factor != 1) gradient.TimesInPlace(factor);
                return gradients;
            }

            public void Dispose()
            {
                foreach (var gradient in gradients ?? []) gradient.Dispose();
                gradients = null;
            }
        }
    }
}
