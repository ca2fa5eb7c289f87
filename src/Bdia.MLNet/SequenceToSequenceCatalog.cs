using Bdia.MLNet;
using Bdia.MLNet.Internals;
using Bdia.MLNet.SequenceToSequence;

namespace Microsoft.ML;

/// <summary>
/// Trainers and evaluation for tasks that turn one text into another, such as translation. <c>mlContext.SequenceToSequence</c> gives it;
/// where a language has no extension properties (C# before version 14, F#, Visual Basic), the constructor does.
/// </summary>
public sealed class SequenceToSequenceCatalog : TaskCatalog
{
    private const string DefaultTarget = "Target";
    private const string DefaultPredictedText = "PredictedText";

    /// <summary>The same catalog as <c>mlContext.SequenceToSequence</c>.</summary>
    /// <param name="context">The context; its seed, log, GPU and cancellation hold for what the catalog makes.</param>
    public SequenceToSequenceCatalog(MLContext context)
        : base(context ?? throw new ArgumentNullException(nameof(context)), nameof(SequenceToSequenceCatalog))
        => Trainers = new SequenceToSequenceTrainers(this);

    /// <summary>The trainers.</summary>
    public SequenceToSequenceTrainers Trainers { get; }

#pragma warning disable RS0026 // overloads with optional parameters: only one of these can be called without naming a target
    /// <summary>Compares predicted texts with what they should be.</summary>
    /// <param name="data">Rows with both, such as the output of a transformer.</param>
    /// <param name="targetColumnName">The reference: text, or a vector of texts where a row has several references. An empty cell is no
    /// reference.</param>
    /// <param name="predictedTextColumnName">The prediction: text.</param>
    /// <param name="options">How to compare; null = sacreBLEU's defaults, with references normalised as the model's targets were.</param>
    /// <returns>BLEU, chrF and exact match over all rows that have a reference.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">There are no rows, or none has a reference.</exception>
    public SequenceToSequenceMetrics Evaluate(
        IDataView data, string targetColumnName = DefaultTarget, string predictedTextColumnName = DefaultPredictedText,
            SequenceToSequenceEvaluationOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(targetColumnName);
        return Evaluate(data, [targetColumnName], predictedTextColumnName, options);
    }

    /// <summary>Compares predicted texts with several references that stand in columns of their own.</summary>
    /// <param name="data">Rows with all of them.</param>
    /// <param name="targetColumnNames">The references, one or more columns: text, or vectors of texts. An empty cell is no reference: rows
    /// may have different numbers of them.</param>
    /// <param name="predictedTextColumnName">The prediction: text.</param>
    /// <param name="options">How to compare; null = sacreBLEU's defaults, with references normalised as the model's targets were.</param>
    /// <returns>BLEU, chrF and exact match over all rows that have a reference.</returns>
    /// <exception cref="ArgumentException">No reference column is named, or an option is out of range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">There are no rows, or none has a reference.</exception>
    public SequenceToSequenceMetrics Evaluate(
        IDataView data, IReadOnlyList<string> targetColumnNames, string predictedTextColumnName = DefaultPredictedText,
            SequenceToSequenceEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(targetColumnNames);
        ArgumentException.ThrowIfNullOrEmpty(predictedTextColumnName);
        return TextEvaluation.Run(data, targetColumnNames, predictedTextColumnName, options ?? new(), warning => Warn(warning));
    }
#pragma warning restore RS0026

    /// <summary>
    /// Trains on all folds but one and evaluates on that one, for each fold in turn, as the cross-validation of ML.NET's other tasks does.
    /// A fold without a row that has a reference is found before anything is trained, and left out with a warning; the others keep their
    /// numbers.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="estimator">What to fit; its output has a column <paramref name="predictedTextColumnName"/>.</param>
    /// <param name="numberOfFolds">Number of folds, 2 or more.</param>
    /// <param name="targetColumnName">The reference: text, or a vector of texts.</param>
    /// <param name="samplingKeyColumnName">Rows with the same value here stay together in one fold: all sentences of a document, or, by the
    /// name of the source column, all targets of a source. Null = rows by themselves.</param>
    /// <param name="seed">Seed of the split; null = that of the MLContext.</param>
    /// <param name="predictedTextColumnName">The prediction: text.</param>
    /// <param name="options">How to compare; null as for Evaluate.</param>
    /// <exception cref="InvalidDataException">No fold has a row with a reference.</exception>
    /// <returns>For each fold its model, its metrics and its scored rows. Dispose the models when they are no longer needed.</returns>
    public IReadOnlyList<CrossValidationResult<SequenceToSequenceMetrics>> CrossValidate(
        IDataView data, IEstimator<ITransformer> estimator, int numberOfFolds = 5, string targetColumnName = DefaultTarget,
        string? samplingKeyColumnName = null, int? seed = null, string predictedTextColumnName = DefaultPredictedText,
        SequenceToSequenceEvaluationOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(targetColumnName);
        options?.Validate();
        return CrossValidate(
            data, estimator, numberOfFolds, samplingKeyColumnName, seed, fold => TextEvaluation.Lack(fold, [targetColumnName]),
            (_, _, scored) => Evaluate(scored, targetColumnName, predictedTextColumnName, options));
    }

    /// <summary>The trainers for tasks that turn one text into another.</summary>
    public sealed class SequenceToSequenceTrainers : TaskTrainers
    {
        internal SequenceToSequenceTrainers(SequenceToSequenceCatalog catalog) : base(catalog)
        {
        }
    }
}
