using Bdia.Core.Formats;
using TorchSharp;
using static System.FormattableString;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>Keeps the weights that did best in validation, and counts validations without progress.</summary>
internal sealed class BestModel(TrainingOptions options, RunState state) : IDisposable
{
    private readonly WeightCopy weights = new();

    // Of the last whole epoch, as long as none was judged: what is left where a fault ends the run.
    private readonly WeightCopy lastWhole = new();
    private int? lastWholeEpoch;

    /// <summary>Copies of the best weights by name, on the CPU; empty while there are none.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights => weights.Tensors;

    /// <summary>Whether early stopping has run out of patience.</summary>
    public bool OutOfPatience => options.EarlyStoppingPatience > 0 && state.WithoutProgress >= options.EarlyStoppingPatience;

    /// <summary>Notes the end of an epoch, behind its <see cref="Offer"/> if it had one.</summary>
    public void EndEpoch(int epoch, nn.Module module)
    {
        if (state.BestEpoch is not null) return;
        lastWhole.Keep(ModuleState.Save(module));
        lastWholeEpoch = epoch;
    }

    /// <summary>Judges a validation, and copies the module's weights if it is the best so far.</summary>
    public void Offer(int epoch, ValidationResult validation, nn.Module module)
    {
        if (validation.Figure(options.BestBy) is not { } figure)
        {
            if (options.BestBy == ModelSelection.Score) return; // the task scores some epochs only
            throw new InvalidOperationException(
                $"BestBy is {options.BestBy}, but the validation of epoch {epoch} gave no such figure. Set BestBy to "
                    + $"{ModelSelection.Loss}.");
        }

        if (TakesTheirPlace(validation))
        {
            // What has the highest figure is noted where it is not what is kept.
            if (state.BestValidation is { } before && figure < Highest(before).Figure(options.BestBy))
                state.Highest ??= new(state.BestEpoch!.Value, before);
            else
                state.Highest = null;
            Keep(ModuleState.Save(module));
            (state.BestEpoch, state.BestValidation) = (epoch, validation);
        }

        if (state.ProgressFrom is not { } from || figure > from + options.EarlyStoppingMinDelta)
            (state.ProgressFrom, state.WithoutProgress) = (figure, 0);
        else
            state.WithoutProgress++;
    }

    /// <summary>
    /// Whether a validation is better than that of the best weights so far; of equal figures, the one of the lower loss. False where the
    /// figure is missing.
    /// </summary>
    public bool IsBetter(ValidationResult validation) => validation.Figure(options.BestBy) is not null
        && (state.BestValidation is not { } best || EpochChoice.IsAhead(validation, best, options.BestBy));

    /// <summary>
    /// Whether weights that come later are kept in place of the best so far, by the rule of <see cref="EpochChoice"/>. False where the
    /// figure is missing.
    /// </summary>
    public bool TakesTheirPlace(ValidationResult later) => later.Figure(options.BestBy) is not null
        && (state.BestValidation is not { } best || EpochChoice.TakesItsPlace(later, best, Highest(best), options.BestBy));

    /// <summary>That an epoch was kept though another one had a higher figure, as a sentence; null where that is not so.</summary>
    public string? Told => state is { Highest: { } highest, BestValidation: { } best }
        ? Invariant($"Epoch {highest.Epoch} had the highest accuracy, {100 * highest.Validation.Accuracy:F2} % of {best.Items}, ahead of ")
            + Invariant($"epoch {state.BestEpoch} ({100 * best.Accuracy:F2} %) by no more than the standard error of the difference, ")
            + Invariant($"{100 * EpochChoice.ErrorOfDifference(highest.Validation, best):F1} points; that one is later and has no higher ")
            + "loss, and is kept."
        : null;

    private ValidationResult Highest(ValidationResult best) => state.Highest?.Validation ?? best;

    /// <summary>Takes copies of tensors as the best weights.</summary>
    public void Keep(IReadOnlyDictionary<string, Tensor> weights) => this.weights.Keep(weights);

    /// <summary>Judges the best weights anew, where what they are judged on has changed; progress counts from there.</summary>
    /// <param name="module">Gets the best weights.</param>
    /// <param name="judge">Judges the module as an epoch's; null where it is not to be judged.</param>
    public void JudgeAnew(nn.Module module, Func<int, ValidationResult?> judge)
    {
        if (state.BestEpoch is not { } epoch) return;
        Restore(module);
        if (judge(epoch) is { } validation && validation.Figure(options.BestBy) is { } figure)
            (state.BestValidation, state.Highest, state.ProgressFrom, state.WithoutProgress) = (validation, null, figure, 0);
        else
            Forget();
    }

    /// <summary>Lets go of the best weights, and of what was known of progress.</summary>
    public void Forget()
    {
        weights.Dispose();
        (state.BestEpoch, state.BestValidation, state.Highest, state.ProgressFrom, state.WithoutProgress) = (null, null, null, null, 0);
    }

    /// <summary>Puts the best weights back into the module; leaves it as it is where there are none.</summary>
    public void Restore(nn.Module module) => weights.Restore(module);

    /// <summary>
    /// Puts the best weights, or those of the last whole epoch where none was judged, back into the module; null where there are neither,
    /// or that cannot be done: what ended the run is what its caller must hear of.
    /// </summary>
    /// <returns>The epoch that they are of, 1 for the first.</returns>
    public int? TryRescue(nn.Module module)
    {
        try
        {
            if (state.BestEpoch is null) lastWhole.Restore(module);
            else Restore(module);
            return state.BestEpoch ?? lastWholeEpoch;
        }
        catch (Exception)
        {
            return null;
        }
    }

    public void Dispose()
    {
        weights.Dispose();
        lastWhole.Dispose();
    }
}
