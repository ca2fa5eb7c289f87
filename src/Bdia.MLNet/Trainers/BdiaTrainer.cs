using System.Runtime.InteropServices;
using Bdia.Core.Distributed;
using Bdia.Core.Native;
using Bdia.Core.Training;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Trainers;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// What every Bdia trainer does as an ML.NET estimator: check its columns, promise its output, and train without remembering anything.
/// </summary>
/// <typeparam name="TTransformer">What training yields.</typeparam>
public abstract class BdiaTrainer<TTransformer> : IEstimator<TTransformer>
    where TTransformer : BdiaTransformer
{
    private readonly IDataView? validationSet;
    private readonly RankGroup ranks; // the processes that share the run
    private readonly string? seedFolder; // where a seed that was not asked for is looked up first

    private protected BdiaTrainer(IHostEnvironment environment, string name, BdiaTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        Environment = environment;
        Host = environment.Register(name);
        validationSet = options.ValidationSet;
        Seed = (ulong)(options.Seed ?? Host.Rand.Next());
        ranks = options.Distributed?.Ranks ?? RankGroup.Alone;
        seedFolder = options is { Seed: null, Resume: true } ? options.CheckpointDirectory : null;
    }

    /// <summary>Drawn once, so that fitting twice gives the same model twice: a trainer keeps no state between fits.</summary>
    private protected ulong Seed { get; }

    /// <summary>
    /// The seed of a run that begins now: a run that goes on from a checkpoint has the checkpoint's, unless another was asked for.
    /// </summary>
    private protected ulong RunSeed()
    {
        // Of several ranks, rank 0's: an MLContext without a seed draws another on each, and not all may see the folder.
        var seed = ranks.IsFirst && seedFolder is not null ? TrainingCheckpoint.SeedIn(seedFolder) ?? Seed : Seed;
        ranks.Broadcast(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }

    /// <summary>Whether this process logs; of several that share a run, rank 0 does.</summary>
    private protected bool Speaks => ranks.IsFirst;

    /// <summary>The environment that the trainer was made in; its GPU and cancellation settings are read when they matter.</summary>
    private protected IHostEnvironment Environment { get; }

    /// <summary>This trainer's own log and random numbers.</summary>
    private protected IHost Host { get; }

    /// <summary>The columns that must be in the input.</summary>
    private protected abstract IEnumerable<ColumnRequirement> Requirements { get; }

    /// <summary>The columns that the fitted transformer adds to an input of that shape, which has all that is required.</summary>
    private protected abstract IEnumerable<SchemaShape.Column> OutputColumns(SchemaShape input);

    private protected abstract TTransformer Train(IDataView trainData, IDataView? validationData);

    /// <summary>Trains.</summary>
    /// <param name="input">The training rows.</param>
    /// <returns>The best model of the run. Dispose it when it is no longer needed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">The data cannot be used: no rows, or a row at fault; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite; the best model so far comes with it:
    /// <see cref="TrainingFault.BestModel"/>.</exception>
    /// <exception cref="Bdia.Core.Reversible.ReversibilityException">States have left the range in which they can be rebuilt exactly; the
    /// best model so far comes with it likewise.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public TTransformer Fit(IDataView input) => FitCore(input, null);

    /// <summary>Trains, and validates on rows of their own.</summary>
    /// <param name="trainData">The training rows.</param>
    /// <param name="validationData">The validation rows: the same columns. They choose the best epoch and are not trained on.</param>
    /// <returns>The best model of the run. Dispose it when it is no longer needed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="ArgumentException">The two sets do not belong together.</exception>
    /// <exception cref="InvalidDataException">The data cannot be used: no rows, or a row at fault; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled before its first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite; the best model so far comes with it:
    /// <see cref="TrainingFault.BestModel"/>.</exception>
    /// <exception cref="Bdia.Core.Reversible.ReversibilityException">States have left the range in which they can be rebuilt exactly; the
    /// best model so far comes with it likewise.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public TTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(validationData);
        return FitCore(trainData, validationData);
    }

    private TTransformer FitCore(IDataView trainData, IDataView? validationData) => ranks.Guard(() =>
    {
        validationData ??= validationSet;
        CheckColumns(trainData);
        if (validationData is not null)
            CheckColumns(validationData);
        BdiaRuntime.EnsureLoaded(); // before a row is read
        return Train(trainData, validationData);
    });

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    private protected void CheckColumns(IDataView data)
    {
        ArgumentNullException.ThrowIfNull(data);
        foreach (var requirement in Requirements)
            requirement.Check(data.Schema);
    }

    /// <summary>The shape of the output for an input of the given shape.</summary>
    /// <param name="inputSchema">The shape of the input.</param>
    /// <returns>The input's columns and the trainer's.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var requirement in Requirements)
            requirement.Check(inputSchema);
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var column in OutputColumns(inputSchema))
            columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    /// <summary>Trains, and sees to it that the best model so far is not lost where an exception ends the run.</summary>
    /// <param name="log">Is told how it ended.</param>
    /// <param name="run">Trains.</param>
    /// <param name="result">How the training of a model went.</param>
    /// <param name="transformer">Makes the transformer of a model.</param>
    private protected static TTransformer Run<TModel>(TrainingLog log, Func<TModel> run, Func<TModel,
        TrainingResult?> result, Func<TModel, TTransformer> transformer)
        where TModel : class
    {
        TModel model;
        try
        {
            model = run();
        }
        catch (Exception fault) when (fault.BestModel<TModel>() is { } best)
        {
            fault.CarryBestModel(transformer(best));
            log.Rescued(result(best)!);
            throw;
        }

        log.Finish(result(model)!);
        return transformer(model);
    }

    private protected bool IsCanceled() => MLContextFacts.IsCanceled(Environment);
}
