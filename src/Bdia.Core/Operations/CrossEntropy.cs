using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// Cross-entropy of the right classes, with label smoothing: the target distribution is 1 - s on the right class plus s spread evenly over
/// all classes, the right one included, but for one that is no answer, such as padding (Szegedy et al., 2016, "Rethinking the Inception
/// Architecture").
/// </summary>
/// <remarks>
/// On the CPU it takes over the memory of the logits, (N, V) and by far the largest tensor of a step: their gradient is written where they
/// stood, during the forward pass. The caller must not read them again. Elsewhere, it is made of libtorch's operations.
/// </remarks>
internal sealed class CrossEntropy : IDisposable
{
    private readonly Node.Call? call;

    private CrossEntropy(Tensor value, long correct, Node.Call? call) => (Value, Correct, this.call) = (value, correct, call);

    /// <summary>Mean loss, a scalar with its graph.</summary>
    public Tensor Value { get; }

    /// <summary>How many logits of the right class are the largest of their row.</summary>
    public long Correct { get; }

    /// <summary>The mean loss of a batch.</summary>
    /// <param name="logits">(N, V), float32; of no use afterwards.</param>
    /// <param name="targets">The N right classes.</param>
    /// <param name="never">The class that is no answer.</param>
    /// <param name="smoothing">s, at least 0 and below 1.</param>
    /// <returns>To be disposed after the backward pass: until then, or until the collector comes by, the memory of the logits is
    /// held.</returns>
    public static CrossEntropy Mean(Tensor logits, int[] targets, int never, double smoothing)
    {
        Check(logits, targets);
        if (!IsInKernel(logits))
        {
            var (value, correct) = ByLibtorch(logits, targets, never, smoothing);
            return new CrossEntropy(value, correct, null);
        }

        using var scope = NewDisposeScope();
        // before the node is made: TorchSharp never lets go of one whose forward method throws
        var call = new Node.Call(logits, targets, never, smoothing);
        return new CrossEntropy(Node.apply(call, logits).MoveToOuterDisposeScope(), call.Correct, call);
    }

    /// <summary>
    /// Sum of the losses without smoothing, in double precision, and the number of right ones; for validation, without a graph.
    /// </summary>
    public static (double Sum, long Correct) Sum(Tensor logits, int[] targets, int never)
    {
        Check(logits, targets);
        if (IsInKernel(logits)) return CrossEntropyKernel.Run(logits, targets, never, 0, 0);
        using var scope = NewDisposeScope();
        var (loss, correct) = ByLibtorch(logits.to(float64), targets, never, 0);
        return (loss.item<double>() * targets.Length, correct);
    }

    /// <summary>Lets go of the logits' memory.</summary>
    public void Dispose() => call?.Dispose();

    private static void Check(Tensor logits, int[] targets)
    {
        if (logits.dim() != 2 || logits.shape[0] != targets.Length)
            throw new ArgumentException($"Logits have shape ({string.Join(", ", logits.shape)}) for {targets.Length} tokens; give "
                + $"({targets.Length}, V).", nameof(logits));
    }

    private static bool IsInKernel(Tensor logits) => CpuKernels.Serve(logits) && logits.is_contiguous();

    /// <summary>
    /// The mean loss by libtorch, differentiable: on other devices, in other number formats, and as the reference of the kernel.
    /// </summary>
    internal static (Tensor Loss, long Correct) ByLibtorch(Tensor logits, int[] targets, int never, double smoothing)
    {
        using var scope = NewDisposeScope();
        var right = tensor(targets, int64, logits.device).unsqueeze(1);
        var logProbabilities = nn.functional.log_softmax(logits, dim: 1);
        var own = logProbabilities.gather(1, right).sum();
        var correct = logits.argmax(1, keepdim: true).eq(right).sum().item<long>();
        if (smoothing > 0)
        {
            var all = logProbabilities.sum().Plus(logProbabilities.select(1, never).sum().Times(-1));
            own = own.Times(1 - smoothing).Plus(all.Times(smoothing / (logits.shape[1] - 1)));
        }

        return (own.Times(-1.0 / targets.Length).MoveToOuterDisposeScope(), correct);
    }

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(CrossEntropy);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (Call)vars[0];
            ctx.save_data(nameof(Call), call);
            return tensor(call.Value, float32, CPU);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
            => ctx.HandOver(gradient, inputs: 1, () => [null!, ((Call)ctx.get_data(nameof(Call))).Take(gradient.item<float>())]);

        public sealed class Call : IDisposable
        {
            private Tensor? byLogits; // in the memory of the logits
            private bool taken;

            public Call(Tensor logits, int[] targets, int never, double smoothing)
            {
                (var sum, Correct) = CrossEntropyKernel.Run(logits, targets, never, smoothing, 1f / targets.Length);
                Value = sum / targets.Length;
                byLogits = logits.detach().DetachFromDisposeScope();
            }

            public double Value { get; }

            public long Correct { get; }

            /// <summary>The gradient, once: the factor is multiplied in where it stands.</summary>
            public Tensor Take(float factor)
            {
                if (taken || byLogits is null)
                    throw new InvalidOperationException("The gradient of this loss was taken already; compute the loss anew.");
                taken = true;
                if (factor != 1) byLogits.TimesInPlace(factor);
                return byLogits;
            }

            public void Dispose()
            {
                byLogits?.Dispose();
                byLogits = null;
            }
        }
    }
}
