namespace Bdia.Core.Training;

/// <summary>The best model of a run that an exception has ended: it comes with the exception, whatever that is.</summary>
public static class TrainingFault
{
    private const string Entry = "Bdia.BestModel";

    /// <summary>
    /// The best model that training had when this exception ended it: that of the best validation, or of the last whole epoch where none
    /// was validated. Null where no epoch had ended, or the exception is none of training's.
    /// </summary>
    /// <remarks>Exceptions within this one are looked at as well. The model is the caller's to dispose.</remarks>
    /// <typeparam name="TModel">What the trainer that threw gives: its transformer, or classifier or translator.</typeparam>
    /// <param name="fault">What was caught.</param>
    public static TModel? BestModel<TModel>(this Exception fault) where TModel : class
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Data[Entry] is TModel model) return model;
        return fault is AggregateException many
            ? many.InnerExceptions.Select(inner => inner.BestModel<TModel>()).FirstOrDefault(inner => inner is not null)
            : fault.InnerException?.BestModel<TModel>();
    }

    /// <summary>
    /// Gives an exception the best model so far in place of what it had: for trainers over this one, whose callers know the model by
    /// another class.
    /// </summary>
    /// <param name="fault">What is on its way to the caller.</param>
    /// <param name="model">The model.</param>
    public static void CarryBestModel(this Exception fault, object model)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentNullException.ThrowIfNull(model);
        fault.Data[Entry] = model;
    }
}
