using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>The check at the bottom of a way back on which states were rebuilt.</summary>
internal static class FirstStep
{
    /// <summary>
    /// A residual that did not repeat itself anywhere above leaves wrong states below it, down to here, where x_0 and x_1 are both known
    /// and must fit. One pass over one state buys: exact, or an error.
    /// </summary>
    /// <param name="stepper">Takes the step.</param>
    /// <param name="memory">Of the pass.</param>
    /// <param name="x0">As it was rebuilt.</param>
    /// <param name="h">h_0(x_0).</param>
    /// <param name="x1">As it was rebuilt.</param>
    /// <exception cref="ReversibilityException">They do not fit.</exception>
    public static void Check(Stepper stepper, PassMemory memory, Tensor x0, Tensor h, Tensor x1)
    {
        var again = memory.Rent(x0.shape);
        if (!stepper.IsFirst(again, x0, h, x1))
            throw ReversibilityException.NotRebuilt(-1,
                "The rebuilt states do not fit together: a residual function gave other values in the backward pass than in the forward "
                + "pass.");
        memory.Workspace.Return(again);
    }
}
