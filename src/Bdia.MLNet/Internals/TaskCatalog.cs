using Microsoft.ML;

namespace Bdia.MLNet.Internals;

/// <summary>A catalog for a task that ML.NET has none for, made of what its own catalogs are made of.</summary>
public abstract class TaskCatalog : TrainCatalogBase
{
    private protected TaskCatalog(MLContext context, string name) : base(MLContextFacts.Environment(context), name)
    {
    }

    /// <summary>ML.NET's own folds, split and seeded as for its own tasks.</summary>
    private protected IReadOnlyList<CrossValidationResult<TMetrics>> CrossValidate<TMetrics>(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds, string? samplingKeyColumnName, int? seed, Func<IDataView, TMetrics> evaluate)
        where TMetrics : class
        => [.. CrossValidateTrain(data, estimator, numberOfFolds, samplingKeyColumnName, seed)
            .Select(fold => new CrossValidationResult<TMetrics>(fold.Model, evaluate(fold.Scores), fold.Scores, fold.Fold))];

    /// <summary>The trainers of a task, to which packages add theirs as extension methods.</summary>
    public abstract class TaskTrainers : CatalogInstantiatorBase
    {
        private protected TaskTrainers(TaskCatalog catalog) : base(catalog)
        {
        }
    }
}
