using Bdia.Core.Native;
using Bdia.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// One training pass through a stack without a graph: forth once, keeping side information, and back once, visiting every block with
/// its state and its freshly evaluated residual. The states are two buffers that the pass writes over and over.
/// </summary>
internal sealed class StackPass : IDisposable
{
    // On the way back, free memory of the heap goes to the operating system every so many blocks, where states are large. More often would leave less resident, and cost time
    // for the pages to come anew (docs/performance.md).
    private const int ReleaseEvery = 8;
    private const long SmallestRelease = 1 << 18; // elements

    private readonly BdiaStack _stack;
    private readonly TrainingClock _clock;
    private readonly Tensor[] _conditions;
    private readonly IStateWitness? _witness;
    private readonly IntegrationWeight _weight;
    private readonly FixedPointGrid _grid;
    private PackedPads[] _pads = []; // of block 1, 2, ...
    private readonly Workspace _workspace = new();
    private readonly Tensor?[] _stored;
    private Tensor? _xPrevious;
    private bool _isSpent;

    public StackPass(BdiaStack stack, IReadOnlyList<Tensor> conditions, IStateWitness? witness)
    {
        _stack = stack;
        _clock = stack.Clock.Freeze();
        // Leaves of our own: they gather the gradient over all blocks, and outlive the caller's scopes.
        _conditions = conditions.Select(c => c.detach().requires_grad_(c.requires_grad).DetachFromDisposeScope()).ToArray();
        _witness = witness;
        _weight = stack.Options.Gamma.At(_clock.Progress);
        _grid = new FixedPointGrid(stack.Options.FractionBits);
        _stored = new Tensor?[Depth];
    }

    /// <summary>Visits block k on the way back.</summary>
    /// <param name="k">The block.</param>
    /// <param name="x">x_k, a leaf that requires gradients.</param>
    /// <param name="h">h_k(x_k) with its graph.</param>
    /// <param name="gamma">gamma_k per sample; null for the first block, which has none.</param>
    public delegate void Visitor(int k, Tensor x, Tensor h, float[]? gamma);

    /// <summary>The conditions as the blocks of the way back see them; their grad is the sum over all blocks.</summary>
    public IReadOnlyList<Tensor> ConditionLeaves => _conditions;

    private bool Rebuilds => _stack.Options.Mode == BackpropagationMode.Reversible;

    private int Depth => _stack.Residuals.Count;

    /// <summary>Bytes kept for the way back, besides the last two states.</summary>
    public long SideInformationBytes { get; private set; }

    /// <summary>x_K, without a graph. The pass keeps x_{K-1} and the side information; give x_K back to <see cref="Back"/>.</summary>
    public Tensor Forth(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        input = input.contiguous();
        var stepper = new Stepper(_stack, input);
        if (Rebuilds) _pads = stepper.NewPads(Depth - 1, _weight);
        SideInformationBytes = _pads.Sum(p => p.SizeInBytes);

        var xPrevious = empty_like(input);
        stepper.Start(xPrevious, input);
        Keep(0, xPrevious);
        var x = empty_like(input);
        using (NewDisposeScope()) stepper.Euler(0, x, xPrevious, Evaluate(0, xPrevious));

        for (var k = 1; k < Depth; k++)
        {
            using var block = NewDisposeScope();
            Keep(k, x);
            // x_{k+1} takes the place of x_{k-1}, unless that one is stored.
            var xNext = Rebuilds ? xPrevious : empty_like(input).MoveToOuterDisposeScope();
            stepper.Next(k, xNext, xPrevious, x, Evaluate(k, x), Gamma(k, x), _weight, Rebuilds ? _pads[k - 1] : null);
            (xPrevious, x) = (x, xNext);
        }

        // What waits for the backward pass must outlive the caller's scopes as well.
        if (Rebuilds) _xPrevious = xPrevious.DetachFromDisposeScope();
        foreach (var state in _stored) state?.DetachFromDisposeScope();
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
        var kernel = _stack.Kernel(xLast);
        // xLast belongs to the caller; the first rebuilt state needs memory of its own, all later ones write over the state two above.
        Tensor xNext = xLast, buffer = Rebuilds && Depth > 1 ? empty_like(xLast) : xLast;
        var x = Rebuilds ? _xPrevious! : _stored[Depth - 1]!;
        for (var k = Depth - 1; k >= 0; k--)
        {
            using var block = NewDisposeScope();
            var leaf = x.detach().requires_grad_(true);
            Tensor h;
            using (enable_grad()) h = _stack.Evaluate(k, leaf, _clock, _conditions, goesBackAtOnce: true, _workspace);
            var gamma = k == 0 ? null : Gamma(k, leaf);
            if (k > 0 && Rebuilds)
            {
                using (no_grad()) kernel.Retreat(buffer, xNext, x, h.detach().contiguous(), gamma!, _pads[k - 1], _grid);
                _witness?.Compare(k - 1, buffer);
            }
            else if (k == 0 && Rebuilds)
            {
                CheckFirstStep(kernel, x, h, xNext);
            }

            visit(k, leaf, h, gamma);
            if (k % ReleaseEvery == 0 && xLast.numel() >= SmallestRelease) FreeMemory.Release();
            if (k == 0) break;
            (xNext, x, buffer) = Rebuilds ? (x, buffer, x) : (x, _stored[k - 1]!, x);
        }
    }

    public void Dispose()
    {
        _workspace.Dispose();
        foreach (var pads in _pads) pads.Dispose();
        foreach (var state in _stored) state?.Dispose();
        _xPrevious?.Dispose();
        foreach (var condition in _conditions) condition.Dispose();
    }

    private Tensor Evaluate(int k, Tensor x) => _stack.Evaluate(k, x, _clock, _conditions, workspace: _workspace);

    private float[] Gamma(int k, Tensor x) => GammaDraw.PerSample(_clock, _stack.Stream, k, x.shape[0], _weight.Magnitude);

    private void Keep(int k, Tensor state)
    {
        _witness?.Record(k, state);
        if (Rebuilds) return;
        _stored[k] = state;
        SideInformationBytes += state.numel() * state.element_size();
    }

    // A residual that did not repeat itself anywhere above leaves wrong states below it, down to here, where x_0 and x_1 are both
    // known and must fit. One pass over one state buys: exact, or an error.
    private void CheckFirstStep(IStepKernel kernel, Tensor x0, Tensor h, Tensor x1)
    {
        using var scope = NewDisposeScope();
        var again = empty_like(x1);
        using (no_grad()) kernel.Euler(again, x0, h.detach().contiguous(), _grid);
        if (TensorMemory.DifferingElements(again, x1) > 0)
            throw ReversibilityException.NotRebuilt(-1, "The rebuilt states do not fit together: a residual function gave other values in the backward pass than in the forward pass.");
    }
}
