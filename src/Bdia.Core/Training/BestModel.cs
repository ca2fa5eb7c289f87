using Bdia.Core.Formats;
using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>Keeps the weights that did best in validation, and counts validations without progress.</summary>
internal sealed class BestModel(TrainingOptions options, RunState state) : IDisposable
{
    private readonly WeightCopy _weights = new();

    /// <summary>Copies of the best weights by name, on the CPU; empty while there are none.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Weights => _weights.Tensors;

    /// <summary>Whether early stopping has run out of patience.</summary>
    public bool OutOfPatience => options.EarlyStoppingPatience > 0 && state.WithoutProgress >= options.EarlyStoppingPatience;

    /// <summary>Judges a validation, and copies the module's weights if it is the best so far.</summary>
    public void Offer(int epoch, ValidationResult validation, torch.nn.Module module)
    {
        if (validation.Figure(options.BestBy) is not { } figure)
        {
            if (options.BestBy == ModelSelection.Score) return; // the task scores some epochs only
            throw new InvalidOperationException(
                $"BestBy is {options.BestBy}, but the validation of epoch {epoch} gave no such figure. Set BestBy to {ModelSelection.Loss}.");
        }

        if (IsBetter(validation))
        {
            Keep(ModuleState.Save(module));
            (state.BestEpoch, state.BestValidation) = (epoch, validation);
        }

        if (state.ProgressFrom is not { } from || figure > from + options.EarlyStoppingMinDelta)
            (state.ProgressFrom, state.WithoutProgress) = (figure, 0);
        else
            state.WithoutProgress++;
    }

    /// <summary>Whether a validation is better than that of the best weights so far; of equal figures, the one of the lower loss. False where the figure is missing.</summary>
    public bool IsBetter(ValidationResult validation)
    {
        if (validation.Figure(options.BestBy) is not { } figure) return false;
        return state.BestValidation is not { } best || (figure, -validation.Loss).CompareTo((best.Figure(options.BestBy)!.Value, -best.Loss)) > 0;
    }

    /// <summary>Takes copies of tensors as the best weights.</summary>
    public void Keep(IReadOnlyDictionary<string, torch.Tensor> weights) => _weights.Keep(weights);

    /// <summary>Puts the best weights back into the module; leaves it as it is where there are none.</summary>
    public void Restore(torch.nn.Module module) => _weights.Restore(module);

    public void Dispose() => _weights.Dispose();
}
