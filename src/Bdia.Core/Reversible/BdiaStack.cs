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
    private readonly bool ownsClock;
    private readonly IStepKernel? kernel;
    private readonly BackwardWatch watch = new();

    /// <summary>Creates a stack that owns its residuals.</summary>
    /// <param name="name">Name of the module.</param>
    /// <param name="residuals">h_0 .. h_{K-1}, at least one. They appear in the state dict as "0", "1", ...</param>
    /// <param name="options">How to integrate and differentiate; null for the defaults.</param>
    /// <param name="clock">Where training stands. Null for one of the stack's own, which it moves on by one after each training
    /// pass.</param>
    /// <param name="stream">Tells the randomness of several stacks on one clock apart.</param>
    /// <exception cref="ArgumentException">There is no residual, or options contradict one another.</exception>
    public BdiaStack(string name, IEnumerable<Residual> residuals, BdiaStackOptions? options = null,
        TrainingClock? clock = null, int stream = 0)
        : this(name, residuals, options, clock, stream, kernel: null)
    {
    }

    internal BdiaStack(string name, IEnumerable<Residual> residuals, BdiaStackOptions? options, TrainingClock? clock,
        int stream, IStepKernel? kernel)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        Residuals = residuals.ToArray();
        if (Residuals.Count == 0) throw new ArgumentException("A stack has no residual; give it at least one.", nameof(residuals));
        Options = options ?? new();
        Options.Validate();
        Clock = clock ?? new(0);
        Stream = stream;
        ownsClock = clock is null;
        this.kernel = kernel;
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
    /// whole states in <see cref="BackpropagationMode.Checkpointed"/>, 0 in <see cref="BackpropagationMode.StoreActivations"/>, which keeps
    /// what blocks have computed.
    /// </summary>
    public long SideInformationBytes { get; private set; }

    /// <summary>
    /// Why the last backward pass failed; null if it did not. libtorch cannot carry an exception of ours out of
    /// <c>loss.backward()</c>: it raises one of its own about a gradient's shape, and the reason stands here.
    /// </summary>
    public ReversibilityException? BackwardFault => watch.Fault;

    internal int Stream { get; }

    /// <summary>
    /// How many blocks, the first ones, are not trained: in training they are passed as in evaluation, without randomness, and nothing goes
    /// back through them. The block above them takes the first step of the trained part. Conditions get no gradient from them.
    /// </summary>
    internal int Frozen { get; init; }

    /// <summary>
    /// Told of every block of a backward pass, except where autograd goes through all blocks at once
    /// (<see cref="BackpropagationMode.StoreActivations"/> of residuals that have no backward pass of their own).
    /// </summary>
    internal IBlockObserver? Observer
    {
        get => watch.Observer;
        set => watch.Observer = value;
    }

    /// <summary>Memory between two training passes. Stacks that are trained together may share it.</summary>
    internal SpareWorkspace Spare { get; set; } = new();

    /// <summary>A run in training, at the clock's present step.</summary>
    internal StackRun TrainingRun => new(Options, Trained, Clock.Freeze(), Stream, kernel, Frozen);

    /// <summary>A run in evaluation.</summary>
    internal StackRun EvaluationRun => new(Options, Residuals, null, Stream, kernel);

    private IReadOnlyList<Residual> Trained => Frozen == 0 ? Residuals : [.. Residuals.Skip(Frozen)];

    /// <summary>Runs the stack.</summary>
    /// <param name="x">x_0, (B, ...), float32.</param>
    /// <returns>x_K, of the same shape.</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public override Tensor forward(Tensor x) => forward(x, []);

    /// <summary>Runs the stack with further inputs for every block, such as an encoder's output.</summary>
    /// <param name="x">x_0, (B, ...), float32.</param>
    /// <param name="conditions">Handed to every residual as <see cref="ResidualContext.Conditions"/>; gradients by them are gathered over
    /// all blocks.</param>
    /// <returns>x_K, of the same shape.</returns>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor forward(Tensor x, params Tensor[] conditions) => Run(x, conditions, leading: null);

    /// <summary>
    /// Runs the stack where only the first tokens of every sequence are read, (B, n, D) of (B, N, D): what the last block would compute of
    /// the others is left out, forward and back. The numbers are those of the whole, but for the rounding of products over fewer rows.
    /// </summary>
    internal Tensor Leading(Tensor x, int tokens, params Tensor[] conditions)
    {
        // A single block has no states behind it to be kept in place of x_K; and a graph of autograd's is for the whole.
        var isWhole = Residuals.Count - (training ? Frozen : 0) < 2 || (training ? LeavesItToAutograd(x) : is_grad_enabled());
        if (!isWhole) return Run(x, conditions, tokens);
        using var whole = Run(x, conditions, leading: null);
        return whole.narrow(1, 0, tokens);
    }

    /// <summary>A pass in evaluation with weights γ of other signs in each block, values only.</summary>
    internal Tensor Drawn(Tensor x, GammaSigns signs, int? leading)
    {
        using var noGraph = no_grad();
        var run = EvaluationRun with { Signs = signs };
        if (leading is not { } tokens || Residuals.Count > 1) return Evaluate(run, x, [], leading);
        using var whole = Evaluate(run, x, [], leading: null);
        return whole.narrow(1, 0, tokens);
    }

    /// <summary>The largest magnitude of a state of the standard network, without a grid.</summary>
    internal double LargestState(Tensor x)
    {
        var options = Options with { Quantize = false, Mode = BackpropagationMode.Checkpointed, Audit = false, InferenceGamma = 0 };
        return Inference.LargestState(EvaluationRun with { Options = options }, x, new ResidualContext(null, []));
    }

    /// <summary>What the blocks that are not trained make of x_0: the x_0 of those that are.</summary>
    internal Tensor ThroughFrozen(Tensor x, IReadOnlyList<Tensor> conditions)
    {
        if (Frozen == 0) return x;
        using var noGraph = no_grad();
        return Inference.Run(EvaluationRun with { Residuals = [.. Residuals.Take(Frozen)] }, x, new ResidualContext(null, conditions));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Spare.Clear();
        base.Dispose(disposing);
    }

    private Tensor Run(Tensor x, Tensor[] conditions, int? leading)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.dtype != ScalarType.Float32 || x.dim() < 2)
            throw new ArgumentException($"A stack takes float32 of at least two dimensions (B, ...); got {x.dtype} of shape "
                + $"({string.Join(", ", x.shape)}).", nameof(x));
        if (!training) return Evaluate(EvaluationRun, x, conditions, leading);
        watch.Fault = null;
        SideInformationBytes = 0;
        x = ThroughFrozen(x, conditions);
        var result = Frozen == Residuals.Count ? x
            : LeavesItToAutograd(x) ? GraphForward.Run(TrainingRun, x, conditions) : Train(TrainingRun, x, conditions, leading);
        if (ownsClock) Clock.Step++;
        return result;
    }

    private Tensor Evaluate(StackRun run, Tensor x, Tensor[] conditions, int? leading)
    {
        Spare.Clear();
        if (is_grad_enabled()) return GraphForward.Run(run, x, conditions);
        var context = new ResidualContext(null, conditions);
        return leading is { } tokens ? LeadingPass.Infer(run, tokens, x, context) : Inference.Run(run, x, context);
    }

    private Tensor Train(StackRun run, Tensor x, Tensor[] conditions, int? leading)
    {
        var memory = new PassMemory(Spare, x.device);
        var witness = Options.Audit ? new ChecksumWitness(run.Depth, new FixedPointGrid(Options.FractionBits)) : null;
        IStackPass pass = leading is { } tokens ? new LeadingPass(run, tokens, conditions, memory, witness)
            : new StackPass(run, conditions, memory, witness);
        try
        {
            if (is_grad_enabled()) return BdiaFunction.Apply(pass, watch, x, conditions, run.Residuals);
            using (pass) return InScope(pass.Forward(x, goesBack: false));
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

    // In the caller's dispose scope, if there is one.
    private static Tensor InScope(Tensor x)
    {
        using var scope = NewDisposeScope();
        scope.Attach(x);
        return x.MoveToOuterDisposeScope();
    }

    // Residuals that autograd goes back through are stored as its graph. Those that go back by themselves are stored as they are.
    private bool LeavesItToAutograd(Tensor x)
        => Options.Mode == BackpropagationMode.StoreActivations && !Residuals.All(residual => residual.WritesBackwardPass(x));
}
