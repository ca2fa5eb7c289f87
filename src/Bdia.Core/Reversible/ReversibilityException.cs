namespace Bdia.Core.Reversible;

/// <summary>
/// Exact reversal was not possible: a state left the range that float32 holds exactly, was not a number, or was rebuilt with
/// other bits than it had. The message names the block, the value, the limit and the remedy. No weight has been changed by the step, unless
/// the optimizer works within the backward pass and does not clip: then blocks above have taken it.
/// </summary>
public sealed class ReversibilityException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The fact, the value and the remedy.</param>
    /// <param name="block">Index of the block concerned, from 0; -1 when it is not known.</param>
    /// <param name="innerException">What was thrown inside the backward pass, if anything was.</param>
    public ReversibilityException(string message, int block, Exception? innerException = null) : base(message, innerException)
        => Block = block;

    /// <summary>Index of the block concerned, from 0; -1 when it is not known.</summary>
    public int Block { get; }

    internal static ReversibilityException OutOfRange(int block, float magnitude, float limit, int fractionBits)
        => new(float.IsFinite(magnitude)
            ? FormattableString.Invariant(
                $"Block {block} produced a state of magnitude {magnitude:G6}, beyond {limit:G6}, the largest that float32 holds exactly")
              + $" with {fractionBits} fraction bits. Use fewer fraction bits (each one less doubles the limit), a lower learning rate, "
              + "or gradient clipping."
            : $"Block {block} produced a state that is {(float.IsNaN(magnitude) ? "not a number" : "infinite")}. Check the input for NaN, "
              + "lower the learning rate, or clip gradients.", block);

    internal static ReversibilityException Changed(Exception what)
        => new("Weights of the stack, a further input of its blocks or its result were written to between the forward and the backward "
            + "pass, so that the "
             + $"gradients would be those of neither state ({what.Message.Split('\n', ';')[0]}). Change weights after loss.backward(), "
                 + "or run forward again.", -1, what);

    internal static ReversibilityException NotRebuilt(int block, string what)
        => new($"{what} A residual function must return the same bits when it is evaluated again on the same input: draw all randomness "
            + "from "
             + "ResidualContext.Random, keep no state between calls, and leave the number of threads alone during a step. "
             + "ReversibilityProbe.Run names the block; BackpropagationMode.StoreActivations trains without this requirement.", block);
}
