using Bdia.Core.Training;
using Bdia.Data;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;

namespace Bdia.Tool.Training;

/// <summary>How a run is to go: what the command line leaves open is settled here.</summary>
/// <param name="Epochs">Epochs; null: the trainer's.</param>
/// <param name="TimeBudget">Time after which it ends with the best model so far; null: none.</param>
/// <param name="Checkpoints">Folder for checkpoints; null: none.</param>
/// <param name="Progress">Told of every step.</param>
/// <param name="Stop">Ends it with the best model so far.</param>
/// <param name="IsTrial">Whether it is to tell the pace, of a few rows: in small steps, lest it had one alone.</param>
internal sealed record RunPlan(int? Epochs, TimeSpan? TimeBudget, string? Checkpoints, IProgress<TrainingProgress> Progress,
    CancellationToken Stop, bool IsTrial = false);

/// <summary>What training yields.</summary>
/// <param name="Pipeline">What is saved.</param>
/// <param name="Schema">The columns that it reads.</param>
/// <param name="Model">The model in it.</param>
/// <param name="Result">How training went.</param>
internal sealed record Trained(ITransformer Pipeline, DataViewSchema Schema, BdiaTransformer Model, TrainingResult Result);

/// <summary>A task: how its data are read, its models trained, and what they make of rows.</summary>
internal abstract class TrainingTask
{
    /// <summary>Every task.</summary>
    public static IReadOnlyList<TrainingTask> All { get; } = [new PictureTask(), new TextTask(), new TranslationTask(),
        new GenerationTask()];

    /// <summary>What the command is called.</summary>
    public abstract string Name { get; }

    /// <summary>What <c>--dataset</c> may be.</summary>
    public abstract string Datasets { get; }

    /// <summary>What is counted per second.</summary>
    public abstract string Unit { get; }

    /// <summary>What the model is to people, behind "a".</summary>
    public abstract string Title { get; }

    /// <summary>Whether rows have classes.</summary>
    public virtual bool HasClasses => false;

    /// <summary>
    /// Whether training takes less time in BFloat16 where the processor has it. Batches of texts change their shape, for each of which
    /// kernels are made anew, and the small network has little to multiply: there it was no faster.
    /// </summary>
    public virtual bool GainsByBFloat16 => false;

    /// <summary>Whether a recipe keeps models from learning their rows by heart so strongly that short runs are the worse for it.</summary>
    public virtual bool IsForLongRuns(Recipe recipe) => recipe == Recipe.Best;

    /// <summary>Reads a data set.</summary>
    /// <exception cref="InputException">It cannot be used.</exception>
    public abstract RowSets Load(string path, TrainOptions options);

    public abstract Trained Fit(MLContext mlContext, RowSets data, TrainOptions options, RunPlan plan);

    /// <summary>The model of this task in a pipeline; null where there is none.</summary>
    public abstract BdiaTransformer? Find(ITransformer pipeline);

    /// <summary>Names of the classes in the order of scores; empty where there are none.</summary>
    public virtual IReadOnlyList<string> Classes(MLContext mlContext, BdiaTransformer model) => [];

    /// <summary>What a model makes of rows, in batches, in their order. A row that cannot be used does not end it.</summary>
    public abstract IEnumerable<Prediction> Predict(MLContext mlContext, BdiaTransformer model, IEnumerable<DataRow> rows);

    /// <summary>The figures of a model on rows whose answers are known.</summary>
    public abstract Evaluation Evaluate(MLContext mlContext, BdiaTransformer model, IReadOnlyList<DataRow> rows);

    /// <summary>Memory that training takes; null where it cannot be told.</summary>
    public abstract Core.MemoryEstimates.MemoryEstimate? Estimate(MLContext mlContext, RowSets data, TrainOptions options);

    /// <summary>Options of the trainer that generated code sets besides columns, epochs and seed: names, and values in C#.</summary>
    public IEnumerable<(string Name, string Value)> CodeOptions(RowSets data, TrainOptions options)
        => [.. OwnCodeOptions(data, options), ("Precision", $"ComputePrecision.{options.Precision}")];

    /// <summary>Those of the task.</summary>
    protected abstract IEnumerable<(string Name, string Value)> OwnCodeOptions(RowSets data, TrainOptions options);

    /// <summary>Sets what all trainers have in common.</summary>
    protected static void Common(BdiaTrainerOptions trainer, TrainOptions options, RunPlan plan)
    {
        trainer.Epochs = plan.Epochs ?? trainer.Epochs;
        if (plan.IsTrial) trainer.AccumulationSteps = 1;
        trainer.TimeBudget = plan.TimeBudget;
        trainer.TrainingMemoryBytes = options.Memory;
        trainer.Seed = options.Seed;
        trainer.OnDivergence = DivergencePolicy.ReturnBest;
        trainer.CheckpointDirectory = plan.Checkpoints;
        trainer.Resume = options.Resume && plan.Checkpoints is not null;
        trainer.Progress = plan.Progress;
        trainer.CancellationToken = plan.Stop;
    }

    protected static T Preset<T>(TrainOptions options, T otherwise) where T : struct, Enum
        => options.Preset is not { } name ? otherwise : Enum.TryParse<T>(name, ignoreCase: true, out var preset) && Enum.IsDefined(preset)
            ? preset : throw new ToolException(ExitCode.CommandLine,
                $"--preset is {name}; give one of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <summary>Two classes are the least that there is to tell apart.</summary>
    protected static void CheckClasses(string path, IReadOnlyList<string> classes)
    {
        if (classes.Count < 2)
            throw new InputException($"{path} has rows of {classes.Count} class(es){(classes.Count == 1 ? $", \"{classes[0]}\"" : "")}; at "
                + "least 2 are needed. Add rows of another class.");
    }
}
