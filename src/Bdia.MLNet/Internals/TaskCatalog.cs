using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Internals;

/// <summary>A catalog for a task that ML.NET has none for, made of what its own catalogs are made of.</summary>
public abstract class TaskCatalog : TrainCatalogBase
{
    private protected TaskCatalog(MLContext context, string name) : base(MLContextFacts.Environment(context), name)
    {
    }

    /// <summary>
    /// ML.NET's own folds, split and seeded as for its own tasks. What each has to be judged on is looked at before the first model is
    /// trained; a fold that has nothing is left out with a warning.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What to fit.</param>
    /// <param name="numberOfFolds">Number of folds, 2 or more.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value here stay together; null = rows by themselves.</param>
    /// <param name="seed">Seed of the split; null = the environment's.</param>
    /// <param name="lack">What the rows of a fold lack to be judged, to follow "fold 3"; null where they lack nothing.</param>
    /// <param name="evaluate">Judges a model by rows of its fold, as they are and scored.</param>
    /// <exception cref="InvalidDataException">No fold can be judged.</exception>
    private protected IReadOnlyList<CrossValidationResult<TMetrics>> CrossValidate<TMetrics>(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds, string? samplingKeyColumnName, int? seed,
        Func<IDataView, string?> lack, Func<ITransformer, IDataView, IDataView, TMetrics> evaluate)
        where TMetrics : class
    {
        ArgumentNullException.ThrowIfNull(estimator);
        var recorder = new FoldRecorder();
        var folds = CrossValidateTrain(data, recorder, numberOfFolds, samplingKeyColumnName, seed).ToList();
        var lacking = folds.Select(fold => lack(fold.Scores)).ToList();
        if (lacking.TrueForAll(fact => fact is not null))
            throw new InvalidDataException(
                $"None of the {folds.Count} folds can be judged: fold {folds[0].Fold} {lacking[0]}. Give rows with targets, or fewer "
                + "folds.");
        Warn(folds.Where((_, i) => lacking[i] is not null)
            .Select(fold => $"Fold {fold.Fold} {lacking[fold.Fold]}: it is left out, and has no result."));

        var results = new List<CrossValidationResult<TMetrics>>();
        foreach (var fold in folds)
        {
            if (lacking[fold.Fold] is not null)
                continue;
            var model = estimator.Fit(recorder.TrainSets[fold.Fold]);
            var scores = model.Transform(fold.Scores);
            results.Add(new CrossValidationResult<TMetrics>(model, evaluate(model, fold.Scores, scores), scores, fold.Fold));
        }
        return results;
    }

    /// <summary>Writes warnings to the context's log.</summary>
    private protected void Warn(params IEnumerable<string> warnings)
    {
        using var channel = Environment.Start(GetType().Name);
        foreach (var warning in warnings)
            channel.Warning(MessageSensitivity.None, warning);
    }

    /// <summary>The trainers of a task, to which packages add theirs as extension methods.</summary>
    public abstract class TaskTrainers : CatalogInstantiatorBase
    {
        private protected TaskTrainers(TaskCatalog catalog) : base(catalog)
        {
        }
    }
}
