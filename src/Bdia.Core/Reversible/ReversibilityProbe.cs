using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Runs a stack forward and back, keeping a copy of every state, and compares what is rebuilt with what was, bit by bit (the sign of
/// zero included). For anyone who wants to see the exactness, and for finding a residual that does not repeat itself.
/// </summary>
public static class ReversibilityProbe
{
    /// <summary>Probes a stack in training mode, at its clock's present step. Weights, gradients and the clock are left alone.</summary>
    /// <param name="stack">The stack; its mode must be <see cref="BackpropagationMode.Reversible"/>.</param>
    /// <param name="x">x_0, (B, ...), float32.</param>
    /// <param name="conditions">Further inputs of the residuals.</param>
    /// <returns>How many elements were compared, and which blocks were rebuilt with other bits.</returns>
    /// <exception cref="ArgumentException">The stack does not rebuild states.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly.</exception>
    public static ReversibilityReport Run(BdiaStack stack, Tensor x, params Tensor[] conditions)
    {
        ArgumentNullException.ThrowIfNull(stack);
        ArgumentNullException.ThrowIfNull(x);
        if (stack.Options.Mode != BackpropagationMode.Reversible)
            throw new ArgumentException($"The stack's mode is {stack.Options.Mode}; only Reversible rebuilds states that could be "
                + "compared.", nameof(stack));
        var wasTraining = stack.training;
        stack.train();
        using var below = NewDisposeScope();
        x = stack.ThroughFrozen(x, conditions);
        var run = stack.TrainingRun; // all of whose states are rebuilt, whatever is kept otherwise
        run = run with { Options = run.Options with { KeptBlocks = 0 } };
        using var copies = new CopyWitness(stack.Residuals.Count);
        using var pass = new StackPass(run, conditions, new PassMemory(stack.Spare, x.device), copies);
        try
        {
            using var last = pass.Forward(x, goesBack: true);
            try
            {
                pass.Backward(last, gradients: null);
            }
            catch (ReversibilityException e) when (e.Block < 0)
            {
                copies.FirstStepDiffers();
            }
        }
        finally
        {
            stack.train(wasTraining);
        }

        return new ReversibilityReport(copies.Elements, copies.Differing,
            copies.Blocks.Select(block => stack.Frozen + block).Order().ToArray());
    }

    private sealed class CopyWitness(int depth) : IStateWitness, IDisposable
    {
        private readonly Tensor?[] copies = new Tensor?[depth];

        public long Elements { get; private set; }

        public long Differing { get; private set; }

        public List<int> Blocks { get; } = [];

        public void Record(int k, Tensor state) => copies[k] = state.clone().DetachFromDisposeScope();

        public void Compare(int k, Tensor rebuilt)
        {
            var differing = TensorMemory.DifferingElements(rebuilt, copies[k]!);
            Elements += rebuilt.numel();
            Differing += differing;
            if (differing == 0) return;
            Blocks.Add(k + 1);
            rebuilt.copy_(copies[k]!); // from here on judge the blocks below by their own doing
        }

        // Every other block having been judged, only the first can have led from the true x_0 to another x_1.
        public void FirstStepDiffers() => Blocks.Add(0);

        public void Dispose()
        {
            foreach (var copy in copies) copy?.Dispose();
        }
    }
}
