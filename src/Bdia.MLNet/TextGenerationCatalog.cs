using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.TextGeneration;

namespace Microsoft.ML;

/// <summary>
/// Trainers and evaluation for tasks that go on with a text. <c>mlContext.TextGeneration</c> gives it; where a language has no extension
/// properties (C# before version 14, F#, Visual Basic), the constructor does.
/// </summary>
public sealed class TextGenerationCatalog : TaskCatalog
{
    private const string DefaultText = "Text";

    /// <summary>The same catalog as <c>mlContext.TextGeneration</c>.</summary>
    /// <param name="context">The context; its seed, log, GPU and cancellation hold for what the catalog makes.</param>
    public TextGenerationCatalog(MLContext context)
        : base(context ?? throw new ArgumentNullException(nameof(context)), nameof(TextGenerationCatalog))
        => Trainers = new TextGenerationTrainers(this);

    /// <summary>The trainers.</summary>
    public TextGenerationTrainers Trainers { get; }

    /// <summary>
    /// Tells how well a model foresees texts that it has not seen. No text is written for it, so that it asks for the model and for rows as
    /// they are, not for what the model makes of them.
    /// </summary>
    /// <param name="model">A fitted or loaded model, or a chain with one in it; what other transformers of the chain do to rows is left
    /// out.</param>
    /// <param name="data">Rows with texts; empty ones are left out.</param>
    /// <param name="textColumnName">The texts.</param>
    /// <returns>Loss and perplexity per token, and bits per byte, over all rows that hold a text.</returns>
    /// <exception cref="InvalidOperationException">There is no such model in the chain, or more than one.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">No row holds a text.</exception>
    public TextGenerationMetrics Evaluate(ITransformer model, IDataView data, string textColumnName = DefaultText)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrEmpty(textColumnName);
        var metrics = TextGenerationEvaluation.Run(model, data, textColumnName);
        if (metrics.UnknownTokens > 0)
            Warn($"{metrics.UnknownTokens} of {metrics.TokenCount} tokens stand for what the model's tokenizer cannot write: its bits per "
                + "byte look better than they are.");
        return metrics;
    }

    /// <summary>
    /// Trains on all folds but one and evaluates on that one, for each fold in turn, as the cross-validation of ML.NET's other tasks does.
    /// A fold without any text is found before anything is trained, and left out with a warning; the others keep their numbers.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What to fit; its model goes on with texts.</param>
    /// <param name="numberOfFolds">Number of folds, 2 or more.</param>
    /// <param name="textColumnName">The texts.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value here stay together in one fold, such as all parts of a document. Null =
    /// rows by themselves.</param>
    /// <param name="seed">Seed of the split; null = that of the MLContext.</param>
    /// <returns>For each fold its model, its metrics and its rows, gone on with as the model's prompts. Dispose the models when they are no
    /// longer needed.</returns>
    /// <exception cref="InvalidDataException">No fold has a row with a text.</exception>
    public IReadOnlyList<CrossValidationResult<TextGenerationMetrics>> CrossValidate(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds = 5, string textColumnName = DefaultText,
        string? samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(textColumnName);
        return CrossValidate(
            data, estimator, numberOfFolds, samplingKeyColumnName, seed, fold => TextGenerationEvaluation.Lack(fold, textColumnName),
            (model, fold, _) => Evaluate(model, fold, textColumnName));
    }

    /// <summary>The trainers for tasks that go on with a text.</summary>
    public sealed class TextGenerationTrainers : TaskTrainers
    {
        internal TextGenerationTrainers(TextGenerationCatalog catalog) : base(catalog)
        {
        }
    }
}
