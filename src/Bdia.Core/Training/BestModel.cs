using Bdia.Core.Formats;
using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>Keeps the weights that did best in validation, and counts validations without progress.</summary>
internal sealed class BestModel(TrainingOptions options, RunState state) : IDisposable
{
    private Dictionary<string, torch.Tensor> _weights = [];

    /// <summary>Copies of the best weights by name, on the CPU; empty while there are none.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Weights => _weights;

    /// <summary>Whether early stopping has run out of patience.</summary>
    public bool OutOfPatience => options.EarlyStoppingPatience > 0 && state.WithoutProgress >= options.EarlyStoppingPatience;

    /// <summary>Judges a validation, and copies the module's weights if it is the best so far.</summary>
    public void Offer(int epoch, ValidationResult validation, torch.nn.Module module)
    {
        if (Figure(validation, options.BestBy) is not { } figure)
        {
            if (options.BestBy == ModelSelection.Score) return; // the task scores some epochs only
            throw new InvalidOperationException(
                $"BestBy is {options.BestBy}, but the validation of epoch {epoch} gave no such figure. Set BestBy to {ModelSelection.Loss}.");
        }

        if (state.BestValidation is not { } best || (figure, -validation.Loss).CompareTo((Figure(best, options.BestBy)!.Value, -best.Loss)) > 0)
        {
            Keep(ModuleState.Save(module));
            (state.BestEpoch, state.BestValidation) = (epoch, validation);
        }

        if (state.ProgressFrom is not { } from || figure > from + options.EarlyStoppingMinDelta)
            (state.ProgressFrom, state.WithoutProgress) = (figure, 0);
        else
            state.WithoutProgress++;
    }

    /// <summary>Takes copies of tensors as the best weights.</summary>
    public void Keep(IReadOnlyDictionary<string, torch.Tensor> weights)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        if (_weights.Count == 0)
        {
            _weights = weights.ToDictionary(
                pair => pair.Key, pair => pair.Value.detach().to(torch.CPU, copy: true).DetachFromDisposeScope(), StringComparer.Ordinal);
            return;
        }

        foreach (var (name, tensor) in weights) _weights[name].copy_(tensor);
    }

    /// <summary>Puts the best weights back into the module; leaves it as it is where there are none.</summary>
    public void Restore(torch.nn.Module module)
    {
        if (_weights.Count > 0) ModuleState.Load(module, _weights);
    }

    public void Dispose()
    {
        foreach (var tensor in _weights.Values) tensor.Dispose();
        _weights.Clear();
    }

    private static double? Figure(ValidationResult validation, ModelSelection by) => by switch
    {
        ModelSelection.Accuracy => validation.Accuracy,
        ModelSelection.Loss => -validation.Loss,
        _ => validation.Score,
    };
}
