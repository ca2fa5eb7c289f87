using Bdia.Core.Native;
using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// One training pass through a stack: forth once, keeping side information (or states, or whole evaluations), and back once, visiting every block
/// with its evaluated residual. All that is as large as a state lies in one workspace, and is written over and over.
/// </summary>
internal sealed class StackPass : IDisposable
{
    private const long SmallestRelease = 1 << 18; // elements of a state: below, it would cost a noticeable part of a pass

    private readonly BdiaStack _stack;
    private readonly TrainingClock _clock;
    private readonly Tensor[] _conditions;
    private readonly int? _leading;
    private readonly IStateWitness? _witness;
    private readonly IntegrationWeight _weight;
    private readonly FixedPointGrid _grid;
    private readonly Tensor?[] _stored; // states
    private readonly IEvaluation?[] _evaluated;
    private readonly SpareWorkspace _spare;
    private readonly Device _device;
    private Workspace? _workspace;
    private PackedPads[] _pads = []; // of block 1, 2, ...
    private float[] _gamma = []; // of the block at hand
    private Tensor? _xPrevious, _xBefore; // x_{K-1}; x_{K-2} where the last step cannot be taken back
    private bool _isSpent;

    /// <param name="stack">Of two residuals or more, if <paramref name="leading"/> is given.</param>
    /// <param name="leading">
    /// How many tokens of x_K are wanted, the first ones; null for all. The last block is then evaluated once and for these alone. Its step cannot
    /// be taken back, so that x_{K-2} is kept in place of x_K.
    /// </param>
    public StackPass(BdiaStack stack, IReadOnlyList<Tensor> conditions, int? leading, IStateWitness? witness, SpareWorkspace spare, Device device)
    {
        _stack = stack;
        _leading = leading;
        _clock = stack.Clock.Freeze();
        // Leaves of our own: they gather the gradient over all blocks, and outlive the caller's scopes.
        _conditions = conditions.Select(c => c.detach().requires_grad_(c.requires_grad).DetachFromDisposeScope()).ToArray();
        _witness = witness;
        _weight = stack.Options.Gamma.At(_clock.Progress);
        _grid = new FixedPointGrid(stack.Options.FractionBits);
        _stored = new Tensor?[Depth];
        _evaluated = new IEvaluation?[Depth];
        (_spare, _device) = (spare, device);
    }

    /// <summary>Visits block k on the way back.</summary>
    /// <param name="k">The block.</param>
    /// <param name="evaluation">h_k at x_k; its value has been released.</param>
    /// <param name="gamma">gamma_k per sample, until the visit ends; null for the first block, which has none.</param>
    public delegate void Visitor(int k, IEvaluation evaluation, float[]? gamma);

    /// <summary>Memory of the pass. Where states are rebuilt, all of them, nothing is rented between forth and back, and another stack can have it meanwhile.</summary>
    public Workspace Workspace => _workspace ??= _spare.Take(_device);

    /// <summary>The conditions as the blocks of the way back see them; their grad is the sum over all blocks.</summary>
    public IReadOnlyList<Tensor> ConditionLeaves => _conditions;

    /// <summary>N, of states (B, N, ...).</summary>
    public long Tokens { get; private set; }

    private bool Rebuilds => _stack.Options.Mode == BackpropagationMode.Reversible;

    private bool KeepsEvaluations => _stack.Options.Mode == BackpropagationMode.StoreActivations;

    private int Depth => _stack.Residuals.Count;

    /// <summary>Bytes kept for the way back, besides the last two states, of pads or states.</summary>
    public long SideInformationBytes { get; private set; }

    /// <summary>x_K, without a graph. The pass keeps x_{K-1} and what its mode says; give x_K back to <see cref="Back"/>.</summary>
    /// <param name="goesBack">Whether <see cref="Back"/> may be called.</param>
    public Tensor Forth(Tensor input, bool goesBack)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        input = input.contiguous();
        Tokens = input.shape[1];
        _gamma = new float[input.shape[0]];
        var stepper = new Stepper(_stack, input);
        if (Rebuilds) _pads = stepper.NewPads(_leading is null ? Depth - 1 : Depth - 2, _weight);
        SideInformationBytes = _pads.Sum(p => p.SizeInBytes);

        var xPrevious = NewState(input);
        stepper.Start(xPrevious, input);
        Keep(0, xPrevious);
        var x = NewState(input, k: 1);
        Step(0, xPrevious, goesBack, h => stepper.Euler(0, x, xPrevious, h));

        for (var k = 1; k < Depth; k++)
        {
            Keep(k, x);
            if (IsCut(k))
            {
                _xBefore = xPrevious;
                (xPrevious, x) = (x, Cut(k, xPrevious, x, goesBack));
                break;
            }

            // x_{k+1} takes the place of x_{k-1}, unless that one is kept, or the new one leaves the workspace.
            var isSpare = Rebuilds || !goesBack;
            var xNext = isSpare && !LeavesWorkspace(k + 1) ? xPrevious : NewState(input, k + 1);
            Step(k, x, goesBack, h => stepper.Next(k, xNext, xPrevious, x, h, Gamma(k), _weight, Rebuilds ? _pads[k - 1] : null));
            if (isSpare && !ReferenceEquals(xNext, xPrevious)) Workspace.Return(xPrevious);
            (xPrevious, x) = (x, xNext);
        }

        _xPrevious = xPrevious;
        if (Rebuilds && _leading is null) LetGo();
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>Rebuilds x_{K-1}..x_0 (or takes them from store) and visits every block, last first.</summary>
    /// <exception cref="ReversibilityException">The first step does not lead from the rebuilt x_0 to the rebuilt x_1: some residual did not repeat itself.</exception>
    public void Back(Tensor xLast, Visitor visit)
    {
        if (_isSpent)
            throw new InvalidOperationException("The states of this pass have been rebuilt and released already: backward can run once per forward pass. Run forward again.");
        _isSpent = true;
        using var scope = NewDisposeScope();
        // What the forward pass and the step before have freed would otherwise stay resident beside the most that a step needs.
        if (_xPrevious!.numel() >= SmallestRelease) FreeMemory.Release();
        var kernel = _stack.Kernel(xLast);
        // xLast belongs to the caller; the first rebuilt state needs memory of its own, all later ones write over the state two above.
        Tensor xNext = xLast, buffer = Rebuilds && Depth > 1 ? _xBefore ?? NewState(xLast) : xLast;
        var x = _xPrevious!;
        for (var k = Depth - 1; k >= 0; k--)
        {
            using var block = NewDisposeScope();
            using var evaluation = _evaluated[k] ?? Evaluate(k, x, keep: true);
            var gamma = k == 0 ? null : Gamma(k);
            if (k > 0 && Rebuilds && !IsCut(k))
            {
                using (no_grad()) kernel.Retreat(buffer, xNext, x, evaluation.Value.detach().contiguous(), gamma!, _pads[k - 1], _grid);
                _witness?.Compare(k - 1, buffer);
            }
            else if (k == 0 && Rebuilds)
            {
                CheckFirstStep(kernel, x, evaluation.Value, xNext);
            }

            evaluation.ReleaseValue();
            visit(k, evaluation, gamma);
            if (k == 0) break;
            if (!Rebuilds) Workspace.Return(x);
            (xNext, x, buffer) = Rebuilds ? (x, buffer, x) : (x, _stored[k - 1]!, x);
        }
    }

    public void Dispose()
    {
        foreach (var evaluation in _evaluated) evaluation?.Dispose();
        LetGo();
        if (Rebuilds && _leading is null) _xPrevious?.Dispose();
        foreach (var pads in _pads) pads.Dispose();
        foreach (var condition in _conditions) condition.Dispose();
    }

    private void LetGo()
    {
        if (_workspace is not null) _spare.GiveBack(_workspace);
        _workspace = null;
    }

    // Whether block k is evaluated for the leading tokens alone.
    private bool IsCut(int k) => _leading is not null && k == Depth - 1;

    // The last state is the caller's, and the one before is what waits where states are rebuilt; the others are the workspace's.
    private bool LeavesWorkspace(int k) => k == Depth || (k == Depth - 1 && Rebuilds && _leading is null);

    private Tensor NewState(Tensor like, int k = 0)
    {
        if (!LeavesWorkspace(k)) return Workspace.Rent(ScalarType.Float32, like.shape);
        return k == Depth ? empty_like(like) : empty_like(like).DetachFromDisposeScope();
    }

    // x_K of the leading tokens.
    private Tensor Cut(int k, Tensor xPrevious, Tensor x, bool goesBack)
    {
        Tensor before = LeadingTokens.Copy(xPrevious, _leading!.Value, Workspace), here = LeadingTokens.Copy(x, _leading.Value, Workspace);
        var xLast = empty_like(here);
        Step(k, x, goesBack, h => new Stepper(_stack, here).Next(k, xLast, before, here, h, Gamma(k), _weight, pads: null));
        Workspace.Return(before);
        Workspace.Return(here);
        return xLast;
    }

    private IEvaluation Evaluate(int k, Tensor x, bool keep) => _stack.Evaluate(k, x, _clock, _conditions, Workspace, keep, IsCut(k) ? _leading : null);

    // Hands h_k(x) to the step, and keeps the evaluation if there is to be no other.
    private void Step(int k, Tensor x, bool goesBack, Action<Tensor> step)
    {
        using var block = NewDisposeScope();
        // A graph of autograd's goes with the scope.
        var keep = goesBack && (KeepsEvaluations || (IsCut(k) && _stack.Residuals[k].WritesBackwardPass(x)));
        var evaluation = Evaluate(k, x, keep);
        if (keep) _evaluated[k] = evaluation;
        step(evaluation.Value);
        if (keep) evaluation.ReleaseValue();
        else evaluation.Dispose();
    }

    private float[] Gamma(int k)
    {
        GammaDraw.PerSample(_clock, _stack.Stream, k, _weight.Magnitude, _gamma);
        return _gamma;
    }

    private void Keep(int k, Tensor state)
    {
        _witness?.Record(k, state);
        if (Rebuilds) return;
        _stored[k] = state;
        if (!KeepsEvaluations) SideInformationBytes += state.numel() * state.element_size();
    }

    // A residual that did not repeat itself anywhere above leaves wrong states below it, down to here, where x_0 and x_1 are both
    // known and must fit. One pass over one state buys: exact, or an error.
    private void CheckFirstStep(IStepKernel kernel, Tensor x0, Tensor h, Tensor x1)
    {
        using var scope = NewDisposeScope();
        var again = NewState(x1);
        using (no_grad()) kernel.Euler(again, x0, h.detach().contiguous(), _grid);
        if (TensorMemory.DifferingElements(again, x1) > 0)
            throw ReversibilityException.NotRebuilt(-1, "The rebuilt states do not fit together: a residual function gave other values in the backward pass than in the forward pass.");
        Workspace.Return(again);
    }
}
