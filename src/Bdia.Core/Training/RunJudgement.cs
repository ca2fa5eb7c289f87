using Bdia.Core.Formats;

namespace Bdia.Core.Training;

/// <summary>What a run asks its task's validation: of an epoch, of the weights of a checkpoint, and of averaged weights.</summary>
internal sealed class RunJudgement<TBatch>(
    TrainingOptions options, ITrainingTask<TBatch> task, BestModel best, WeightAverages averages, StopSignal stop)
{
    /// <summary>Judges an epoch where it is time to; false if that was stopped before it was done.</summary>
    /// <param name="epoch">The epoch that ends, 1 for the first.</param>
    /// <param name="validation">Null where it was not judged.</param>
    public bool TryJudge(int epoch, out ValidationResult? validation)
    {
        validation = null;
        return !task.HasValidation || (epoch % options.ValidateEveryEpochs != 0 && epoch != options.Epochs)
            || task.TryValidate(stop => task.Validate(epoch, stop), stop, out validation);
    }

    /// <summary>
    /// Judges weights that the time budget has ended in the middle of an epoch; null where the best are kept all the same, or nothing
    /// judges. The budget does not forbid to judge what came of it.
    /// </summary>
    /// <param name="epoch">The epoch that was begun.</param>
    public ValidationResult? Last(int epoch)
        => task.HasValidation && task.TryValidate(stop => task.ValidateAverage(epoch, stop), stop.WithoutTime(), out var validation)
            && validation is not null && double.IsFinite(validation.Loss) && best.TakesTheirPlace(validation) ? validation : null;

    /// <summary>Judges the best weights of a checkpoint anew, where what they are judged by has changed.</summary>
    public void JudgeAnew(IProgress<TrainingNote>? notes)
    {
        notes?.Report(new("What models are judged by has changed: the best weights so far are judged anew."));
        using var current = new WeightCopy();
        current.Keep(ModuleState.Save(task.Module));
        best.JudgeAnew(task.Module, Judge);
        averages.JudgeAnew(task.Module, Judge);
        current.Restore(task.Module);

        ValidationResult? Judge(int epoch) =>
            task.TryValidate(stop => task.ValidateAverage(epoch, stop), stop.WithoutTime(), out var validation) ? validation
            : throw new OperationCanceledException(
                "Training was cancelled while the best weights of its checkpoint were judged; nothing was trained.");
    }

    /// <summary>
    /// Gives the module the mean of the kept weights, unless it is no better than what it has; null where there is nothing to average.
    /// </summary>
    /// <param name="epoch">The last epoch that has ended, 1 for the first.</param>
    public (bool Kept, ValidationResult? Validation)? Average(int epoch)
    {
        if (averages.Epochs.Count < 2) return null;
        using var chosen = new WeightCopy();
        chosen.Keep(ModuleState.Save(task.Module));
        averages.LoadMean(task.Module);
        if (!task.HasValidation) return (true, null);
        // A time budget that is used up has ended the training; it does not also forbid to judge what came of it.
        if (task.TryValidate(stop => task.ValidateAverage(epoch, stop), stop.WithoutTime(), out var validation)
            && validation is not null && double.IsFinite(validation.Loss) && best.IsBetter(validation))
            return (true, validation);
        chosen.Restore(task.Module);
        return (false, validation);
    }
}
