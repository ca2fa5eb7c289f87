using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// A stack of residual blocks, trained as a BDIA transformer: an ordinary TorchSharp module whose training memory does not hold the
/// states of its blocks. Call it, call backward on the loss as usual.
/// </summary>
/// <remarks>
/// In training mode states follow the update in <c>BdiaStep</c>; in evaluation mode the stack is the standard network
/// x_{k+1} = x_k + Q[h_k(x_k)]. Weight gradients are accumulated into the parameters' grad while the backward pass runs.
/// </remarks>
public sealed class BdiaStack : nn.Module<Tensor, Tensor>
{
    private readonly bool _ownsClock;
    private readonly IStepKernel? _kernel;

    /// <summary>Creates a stack that owns its residuals.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="residuals">h_0 .. h_{K-1}, at least one. They appear in the state dict as "0", "1", ...</param>
    /// <param name="options">How to integrate and differentiate; null for the defaults.</param>
    /// <param name="clock">Where training stands. Null for one of the stack's own, which it moves on by one after each training pass.</param>
    /// <param name="stream">Tells the randomness of several stacks on one clock apart.</param>
    /// <exception cref="ArgumentException">There is no residual, or options contradict one another.</exception>
    public BdiaStack(string name, IEnumerable<Residual> residuals, BdiaStackOptions? options = null, TrainingClock? clock = null, int stream = 0)
        : this(name, residuals, options, clock, stream, kernel: null)
    {
    }

    internal BdiaStack(string name, IEnumerable<Residual> residuals, BdiaStackOptions? options, TrainingClock? clock, int stream, IStepKernel? kernel)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        Residuals = residuals.ToArray();
        if (Residuals.Count == 0) throw new ArgumentException("A stack has no residual; give it at least one.", nameof(residuals));
        Options = options ?? new();
        Options.Validate();
        Clock = clock ?? new(0);
        Stream = stream;
        _ownsClock = clock is null;
        _kernel = kernel;
        for (var k = 0; k < Residuals.Count; k++) register_module($"{k}", Residuals[k]);
    }

    /// <summary>How the stack integrates and differentiates.</summary>
    public BdiaStackOptions Options { get; }

    /// <summary>Where training stands.</summary>
    public TrainingClock Clock { get; }

    /// <summary>h_0 .. h_{K-1}.</summary>
    public IReadOnlyList<Residual> Residuals { get; }

    /// <summary>
    /// Bytes that the last training pass kept for its backward pass besides the last two states: packed pads when states are rebuilt,
    /// whole states in <see cref="BackpropagationMode.Checkpointed"/>, 0 in <see cref="BackpropagationMode.StoreActivations"/>, which keeps what blocks have computed.
    /// </summary>
    public long SideInformationBytes { get; private set; }

    /// <summary>
    /// Why the last backward pass failed; null if it did not. libtorch cannot carry an exception of ours out of
    /// <c>loss.backward()</c>: it raises one of its own about a gradient's shape, and the reason stands here.
    /// </summary>
    public ReversibilityException? BackwardFault { get; internal set; }

    internal int Stream { get; }

    /// <summary>Told of every block of a backward pass, except where autograd goes through all blocks at once (<see cref="BackpropagationMode.StoreActivations"/> of residuals that have no backward pass of their own).</summary>
    internal IBlockObserver? Observer { get; set; }

    /// <summary>Runs the stack.</summary>
    /// <param name="x">x_0, (B, ...), float32.</param>
    /// <returns>x_K, of the same shape.</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public override Tensor forward(Tensor x) => forward(x, []);

    /// <summary>Runs the stack with further inputs for every block, such as an encoder's output.</summary>
    /// <param name="x">x_0, (B, ...), float32.</param>
    /// <param name="conditions">Handed to every residual as <see cref="ResidualContext.Conditions"/>; gradients by them are gathered over all blocks.</param>
    /// <returns>x_K, of the same shape.</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor forward(Tensor x, params Tensor[] conditions) => Run(x, conditions, leading: null);

    /// <summary>
    /// Runs the stack where only the first tokens of every sequence are read, (B, n, D) of (B, N, D): what the last block would compute of the
    /// others is left out, forth and back. The numbers are those of the whole, but for the rounding of products over fewer rows.
    /// </summary>
    internal Tensor Leading(Tensor x, int tokens)
    {
        // A single block has no states behind it to be kept in place of x_K; and a graph of autograd's is for the whole.
        var isWhole = Residuals.Count < 2 || (training ? LeavesItToAutograd(x) : is_grad_enabled());
        if (!isWhole) return Run(x, [], tokens);
        using var whole = Run(x, [], leading: null);
        return whole.narrow(1, 0, tokens);
    }

    private Tensor Run(Tensor x, Tensor[] conditions, int? leading)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.dtype != ScalarType.Float32 || x.dim() < 2)
            throw new ArgumentException($"A stack takes float32 of at least two dimensions (B, ...); got {x.dtype} of shape ({string.Join(", ", x.shape)}).", nameof(x));
        if (!training) Spare.Clear();
        if (!training) return is_grad_enabled() ? GraphForward.Evaluate(this, x, conditions) : Inference.Run(this, x, new ResidualContext(null, conditions), leading);
        BackwardFault = null;
        SideInformationBytes = 0;
        var result = LeavesItToAutograd(x) ? GraphForward.Train(this, x, conditions) : WithoutGraph(x, conditions, leading);
        if (_ownsClock) Clock.Step++;
        return result;
    }

    internal IStepKernel Kernel(Tensor x) => _kernel ?? StepKernel.For(x);

    /// <summary>Memory between two training passes. Stacks that are trained together may share it.</summary>
    internal SpareWorkspace Spare { get; set; } = new();

    /// <summary>h_k(x), with the randomness of the given moment; none for a null clock.</summary>
    internal IEvaluation Evaluate(int k, Tensor x, TrainingClock? clock, IReadOnlyList<Tensor> conditions, Workspace workspace, bool keep, int? leading)
        => Residuals[k].Evaluate(x, Context(k, clock, conditions), workspace, keep, leading);

    internal ResidualContext Context(int k, TrainingClock? clock, IReadOnlyList<Tensor> conditions) => new(clock?.Random(Stream, k), conditions);

    /// <summary>Back-propagates x_K's gradient through a pass; returns the gradients of (nothing, anchor, x, conditions...).</summary>
    internal List<Tensor> Backward(StackPass pass, Tensor xLast, Tensor gradient, bool[] requiresGradient)
        => new StackGradients(this, pass, requiresGradient).Compute(xLast, gradient);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Spare.Clear();
        base.Dispose(disposing);
    }

    // Residuals that autograd goes back through are stored as its graph. Those that go back by themselves are stored as they are.
    private bool LeavesItToAutograd(Tensor x) => Options.Mode == BackpropagationMode.StoreActivations && !Residuals.All(residual => residual.WritesBackwardPass(x));

    private Tensor WithoutGraph(Tensor x, Tensor[] conditions, int? leading)
    {
        var pass = new StackPass(this, conditions, leading, Options.Audit ? new ChecksumWitness(Residuals.Count, new FixedPointGrid(Options.FractionBits)) : null, Spare, x.device);
        try
        {
            if (is_grad_enabled()) return BdiaFunction.Apply(this, pass, x, conditions);
            using (pass) return pass.Forth(x, goesBack: false);
        }
        catch
        {
            pass.Dispose();
            throw;
        }
        finally
        {
            SideInformationBytes = pass.SideInformationBytes;
        }
    }
}
