using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// One training pass through all blocks of a run. All that is as large as a state lies in one workspace, and is written over and over.
/// </summary>
/// <param name="run">Its clock is not null.</param>
/// <param name="conditions">Further inputs of every block.</param>
/// <param name="memory">Of the pass, which lets it go at its end.</param>
/// <param name="witness">Who sees every state, and every rebuilt one; null for nobody.</param>
/// <param name="isWhole">Whether x_K is the caller's; else another step follows in the same memory, and may be gone back through
/// first.</param>
internal sealed class StackPass(StackRun run, IReadOnlyList<Tensor> conditions, PassMemory memory,
    IStateWitness? witness, bool isWhole = true) : IStackPass
{
    private readonly IEvaluation?[] evaluations = new IEvaluation?[run.Depth]; // those that are kept

    public Workspace Workspace => memory.Workspace;

    // They gather the gradient over all blocks, and outlive the caller's scopes.
    public IReadOnlyList<Tensor> Conditions { get; } =
        [.. conditions.Select(c => c.detach().requires_grad_(c.requires_grad).DetachFromDisposeScope())];

    public long SideInformationBytes => States?.SideInformationBytes ?? 0;

    /// <summary>Where the states are; null before <see cref="Forward"/>.</summary>
    public IStates? States { get; private set; }

    /// <summary>x_{K-1}, behind <see cref="Forward"/>.</summary>
    public Tensor? XPrevious { get; private set; }

    public Tensor Forward(Tensor input, bool goesBack)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        input = input.contiguous();
        var stepper = run.Stepper(input);
        var states = States = NewStates(stepper, input.shape, goesBack);
        Tensor? xPrevious = null;
        var x = states.Place(0, null);
        stepper.Start(x, input);
        for (var k = 0; k < run.Depth; k++)
        {
            using var block = NewDisposeScope();
            states.Keep(k, x);
            // A graph of autograd's would go with the scope.
            var keep = states.KeepsEvaluation(k) && run.Residuals[k].WritesBackwardPass(x);
            var h = Evaluate(k, x, keep);
            var xNext = states.Place(k + 1, xPrevious);
            stepper.Next(k, xNext, xPrevious, x, h.Value, run.Gamma(k, x.shape[0]), states.Pads(k));
            Leave(k, h, keep);
            (xPrevious, x) = (x, xNext);
        }

        XPrevious = xPrevious;
        states.Rest();
        return x;
    }

    public void Backward(Tensor xLast, StackGradients? gradients)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var (xNext, x) = (xLast, XPrevious!);
        for (var k = run.Depth - 1; k >= 0; k--)
        {
            using var block = NewDisposeScope();
            using var h = evaluations[k] ?? Evaluate(k, x, keep: true);
            var gamma = run.Gamma(k, x.shape[0]);
            var xPrevious = States!.Before(k, xNext, x, h, gamma);
            h.ReleaseValue();
            gradients?.Add(run.Residuals[k], h, k == 0 ? null : gamma);
            States.Leave(k, x);
            (xNext, x) = (x, xPrevious!);
        }
    }

    public void Dispose()
    {
        foreach (var evaluation in evaluations) evaluation?.Dispose();
        memory.LetGo();
        States?.Dispose();
        foreach (var condition in Conditions) condition.Dispose();
    }

    private IStates NewStates(Stepper stepper, long[] shape, bool goesBack)
    {
        if (!goesBack) return new PassingStates(memory, shape, isWhole ? run.Depth : null);
        if (run.Options.Mode != BackpropagationMode.Reversible || run.Kept == run.Depth)
            return new StoredStates(run.Depth, memory, shape,
                keepsEvaluations: run.Options.Mode != BackpropagationMode.Checkpointed, isWhole);
        return run.Kept == 0 ? new RebuiltStates(stepper, run.Depth, memory, shape, witness, isWhole)
            : new PartlyRebuiltStates(stepper, run.Depth, run.Kept, memory, shape, witness, isWhole);
    }

    private IEvaluation Evaluate(int k, Tensor x, bool keep) => run.Residuals[k].Evaluate(x, run.Context(k, Conditions), Workspace, keep);

    // The step has been taken: an evaluation goes, unless it is kept, and then its value does.
    private void Leave(int k, IEvaluation h, bool keep)
    {
        if (!keep)
        {
            h.Dispose();
            return;
        }

        evaluations[k] = h;
        h.ReleaseValue();
    }
}
