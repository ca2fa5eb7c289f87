using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>Validation within a run: without gradients, in evaluation mode, and given up where the run is stopped.</summary>
internal static class TaskValidation
{
    /// <summary>Validates a task's module.</summary>
    /// <returns>False if it was stopped before the validation was done.</returns>
    public static bool TryValidate<TBatch>(
        this ITrainingTask<TBatch> task, Func<StopSignal, ValidationResult?> validate, StopSignal stop, out ValidationResult? validation)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        task.Module.eval();
        try
        {
            validation = validate(stop);
        }
        catch (OperationCanceledException) when (stop.Requested)
        {
            validation = null;
            return false;
        }

        return true;
    }
}
