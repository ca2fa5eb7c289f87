using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// Cross-entropy of the right tokens, with label smoothing: the target distribution is 1 - s on the right token plus s spread evenly over
/// the target vocabulary without padding, the right token included (Szegedy et al., 2016, "Rethinking the Inception Architecture").
/// </summary>
/// <remarks>
/// On the CPU it takes over the memory of the logits, (N, V) and by far the largest tensor of a step: their gradient is written where they
/// stood, during the forward pass. The caller must not read them again. Elsewhere, it is made of libtorch's operations.
/// </remarks>
internal sealed class TokenLoss : IDisposable
{
    private readonly Node.Call? _call;

    private TokenLoss(Tensor value, long correct, Node.Call? call) => (Value, Correct, _call) = (value, correct, call);

    /// <summary>Mean loss, a scalar with its graph.</summary>
    public Tensor Value { get; }

    /// <summary>How many logits of the right token are the largest of their row.</summary>
    public long Correct { get; }

    /// <summary>The mean loss of a batch.</summary>
    /// <param name="logits">(N, V), float32; of no use afterwards.</param>
    /// <param name="targets">The N right ids.</param>
    /// <param name="smoothing">s, at least 0 and below 1.</param>
    /// <returns>To be disposed after the backward pass: until then, or until the collector comes by, the memory of the logits is held.</returns>
    public static TokenLoss Mean(Tensor logits, int[] targets, double smoothing)
    {
        Check(logits, targets);
        if (!InMemory(logits))
        {
            var (value, correct) = ByLibtorch(logits, targets, smoothing);
            return new TokenLoss(value, correct, null);
        }

        using var scope = NewDisposeScope();
        var call = new Node.Call(logits, targets, smoothing); // before the node is made: TorchSharp never lets go of one whose forward method throws
        return new TokenLoss(Node.apply(call, logits).MoveToOuterDisposeScope(), call.Correct, call);
    }

    /// <summary>Sum of the losses without smoothing, in double precision, and the number of right ones; for validation, without a graph.</summary>
    public static (double Sum, long Correct) Sum(Tensor logits, int[] targets)
    {
        Check(logits, targets);
        if (InMemory(logits)) return Run(logits, targets, 0, 0);
        using var scope = NewDisposeScope();
        var (loss, correct) = ByLibtorch(logits.to(float64), targets, 0);
        return (loss.item<double>() * targets.Length, correct);
    }

    /// <summary>Lets go of the logits' memory.</summary>
    public void Dispose() => _call?.Dispose();

    private static void Check(Tensor logits, int[] targets)
    {
        if (logits.dim() != 2 || logits.shape[0] != targets.Length)
            throw new ArgumentException($"Logits have shape ({string.Join(", ", logits.shape)}) for {targets.Length} tokens; give ({targets.Length}, V).", nameof(logits));
    }

    private static bool InMemory(Tensor logits) => logits.device_type == DeviceType.CPU && logits.dtype == ScalarType.Float32 && logits.is_contiguous();

    private static (Tensor Loss, long Correct) ByLibtorch(Tensor logits, int[] targets, double smoothing)
    {
        using var scope = NewDisposeScope();
        var right = tensor(targets, int64, logits.device).unsqueeze(1);
        var logProbabilities = nn.functional.log_softmax(logits, dim: 1);
        var own = logProbabilities.gather(1, right).sum();
        var correct = logits.argmax(1, keepdim: true).eq(right).sum().item<long>();
        if (smoothing > 0)
        {
            var all = logProbabilities.sum().Plus(logProbabilities.select(1, SpecialTokens.Padding).sum().Times(-1));
            own = own.Times(1 - smoothing).Plus(all.Times(smoothing / (logits.shape[1] - 1)));
        }

        return (own.Times(-1.0 / targets.Length).MoveToOuterDisposeScope(), correct);
    }

    /// <summary>All rows, shared among threads; their losses are added in order, so that no result depends on the number of threads.</summary>
    private static unsafe (double Sum, long Correct) Run(Tensor logits, int[] targets, double smoothing, float scale)
    {
        var (memory, width) = ((nint)TensorMemory.Pointer<float>(logits), (int)logits.shape[1]);
        var rows = new CrossEntropyKernel.Row[targets.Length];
        KernelThreads.For(targets.Length, i =>
            rows[i] = CrossEntropyKernel.Compute(new Span<float>((float*)memory + (long)i * width, width), targets[i], SpecialTokens.Padding, smoothing, scale));
        GC.KeepAlive(logits);
        var (sum, correct) = (0.0, 0L);
        foreach (var row in rows)
        {
            sum += row.Loss;
            if (row.Correct) correct++;
        }

        return (sum, correct);
    }

    private sealed class Node : autograd.SingleTensorFunction<Node>
    {
        public override string Name => nameof(TokenLoss);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var call = (Call)vars[0];
            ctx.save_data(nameof(Call), call);
            return tensor(call.Value, float32);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor gradient)
        {
            using var handle = gradient;
            try
            {
                return ctx.HandOver([null!, ((Call)ctx.get_data(nameof(Call))).Take(gradient.item<float>())]);
            }
#pragma warning disable CA1031 // An exception that leaves this method would pass through native frames and end the process.
            catch (Exception)
#pragma warning restore CA1031
            {
                // A gradient whose shape cannot fit makes libtorch raise its own error out of loss.backward(): an error, never a wrong gradient.
                return ctx.HandOver([null!, empty(0)]);
            }
        }

        public sealed class Call : IDisposable
        {
            private Tensor? _gradient; // in the memory of the logits
            private bool _taken;

            public Call(Tensor logits, int[] targets, double smoothing)
            {
                (var sum, Correct) = Run(logits, targets, smoothing, 1f / targets.Length);
                Value = sum / targets.Length;
                _gradient = logits.detach().DetachFromDisposeScope();
            }

            public double Value { get; }

            public long Correct { get; }

            /// <summary>The gradient, once: the factor is multiplied in where it stands.</summary>
            public Tensor Take(float factor)
            {
                if (_taken || _gradient is null) throw new InvalidOperationException("The gradient of this loss was taken already; compute the loss anew.");
                _taken = true;
                if (factor != 1) _gradient.TimesInPlace(factor);
                return _gradient;
            }

            public void Dispose()
            {
                _gradient?.Dispose();
                _gradient = null;
            }
        }
    }
}
