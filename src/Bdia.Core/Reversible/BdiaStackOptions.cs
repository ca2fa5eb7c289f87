using System.Text.Json.Serialization;
using Bdia.Core.Common;
using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>How a <see cref="BdiaStack"/> integrates and differentiates.</summary>
public sealed record BdiaStackOptions
{
    /// <summary>How the backward pass gets at the states. Default: <see cref="BackpropagationMode.Reversible"/>.</summary>
    public BackpropagationMode Mode { get; init; } = BackpropagationMode.Reversible;

    /// <summary>
    /// Of how many blocks, the last ones, what they compute is kept instead of computed again on the way back, where states are rebuilt: a
    /// choice between <see cref="BackpropagationMode.Reversible"/> (0) and <see cref="BackpropagationMode.StoreActivations"/> (all), in
    /// memory and in time. Numbers are the same, bit for bit. 0 or more, all where there are fewer; null is 0 in a stack, and in training
    /// as many as <see cref="Training.TrainingOptions.TrainingMemoryBytes"/> has room for. Default null.
    /// </summary>
    /// <remarks>Of no effect in the other modes, and on residuals that autograd goes back through. Not a part of a saved model.</remarks>
    [JsonIgnore]
    public int? KeptBlocks { get; init; }

    /// <summary>l: states are multiples of 2^-l. 1 to 20, default 9. States must stay below 2^(24-l) in magnitude.</summary>
    public int FractionBits { get; init; } = 9;

    /// <summary>Integration weight in training. Default: ±2^-5 throughout.</summary>
    /// <remarks>
    /// Chosen from measurements (docs/results): in a short run m = 5 is level with the plain network, where the paper's m = 1 is still
    /// behind, and keeps 5 bits an element where a stored state takes 32. Smaller m regularise more, for long runs on little data.
    /// </remarks>
    public GammaSchedule Gamma { get; init; } = GammaSchedule.Exponent(5);

    /// <summary>
    /// Whether states are rounded to the grid, in training and at inference. Default true; off needs a mode that stores states.
    /// </summary>
    public bool Quantize { get; init; } = true;

    /// <summary>
    /// Whether a checksum of every state is kept and compared when the state is rebuilt. Slower; names the block at fault. Default false.
    /// </summary>
    public bool Audit { get; init; }

    /// <summary>gamma in evaluation mode, -1 to 1, for experiments. Default 0: the standard network.</summary>
    public double InferenceGamma { get; init; }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range or contradicts another one.</exception>
    public void Validate() => OptionFaults.Validate(nameof(BdiaStackOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Enum.IsDefined(Mode), nameof(Mode), Mode, "Reversible, StoreActivations or Checkpointed");
        faults.Require(FractionBits is >= FixedPointGrid.MinFractionBits and <= FixedPointGrid.MaxFractionBits,
            nameof(FractionBits), FractionBits, $"from {FixedPointGrid.MinFractionBits} to {FixedPointGrid.MaxFractionBits}");
        faults.Require(InferenceGamma is >= -1 and <= 1, nameof(InferenceGamma), InferenceGamma, "from -1 to 1");
        faults.Require(KeptBlocks is null or >= 0, nameof(KeptBlocks), KeptBlocks, "0 or more, or null");
        faults.Require(Gamma is not null, nameof(Gamma), Gamma, "a GammaSchedule");
        if (Gamma is null) return;
        if (Mode == BackpropagationMode.Reversible && !Quantize)
            faults.Add("Mode is Reversible and Quantize is false; without the grid states cannot be rebuilt: choose StoreActivations or "
                + "Checkpointed, or leave Quantize on.");
        if (Mode == BackpropagationMode.Reversible && !Gamma.IsReversible)
            faults.Add($"Mode is Reversible and Gamma is {Gamma}; only gamma = ±p/q has an exact inverse: give an exponent or a "
                + "ratio, or choose StoreActivations or Checkpointed.");
        if (Quantize && !Gamma.IsReversible && Gamma.At(0).Magnitude != 0)
            faults.Add($"Quantize is true and Gamma is {Gamma}; on the grid gamma must be a ratio ±p/q or 0: give a "
                + "ratio, or turn Quantize off for this weight.");
        if (Audit && Mode != BackpropagationMode.Reversible)
            faults.Add($"Audit is true and Mode is {Mode}; only Reversible rebuilds states that could be audited.");
    }
}
