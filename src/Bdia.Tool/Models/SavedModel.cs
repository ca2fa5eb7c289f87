using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Data.Files;
using Bdia.MLNet;
using Bdia.Reports.Content;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Training;
using Microsoft.ML;

namespace Bdia.Tool.Models;

/// <summary>A model file: what ML.NET saved, and beside it what the tool knows of the run.</summary>
internal sealed class SavedModel : IDisposable
{
    private const string FactsEntry = "bdia.json";
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private SavedModel(string path, TrainingTask task, ITransformer pipeline, BdiaTransformer model, RunFacts? facts)
        => (Path, Task, Pipeline, Model, Facts) = (path, task, pipeline, model, facts);

    public string Path { get; }

    public TrainingTask Task { get; }

    public ITransformer Pipeline { get; }

    public BdiaTransformer Model { get; }

    /// <summary>What the tool knows of the run; null where another program saved the model.</summary>
    public RunFacts? Facts { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="ToolException">It is not there, is damaged, or has no model of this library.</exception>
    public static SavedModel Load(MLContext mlContext, string path)
    {
        if (!File.Exists(path)) throw Fault($"There is no model {path}. Train one first, or check the path.");
        var pipeline = Read(mlContext, path);
        foreach (var task in TrainingTask.All)
            if (task.Find(pipeline) is { } model) return new(path, task, pipeline, model, ReadFacts(path));
        throw Fault($"{path} holds no model of Bdia.MLNet, but {pipeline.GetType().Name}. Give one that bdia or one of its trainers has "
            + "made.");
    }

    /// <summary>Refuses models of other tasks.</summary>
    public SavedModel OfTask(params TrainingTask[] tasks) => tasks.Any(task => task.Name == Task.Name) ? this
        : throw Fault($"{Path} is a {Task.Title}, where a {string.Join(" or a ", tasks.Select(task => task.Title))} is called for. Give "
            + "another model, or other data.");

    /// <summary>Saves a model with what is known of the run; whole or not at all.</summary>
    public static void Save(MLContext mlContext, string path, Trained trained, RunFacts facts) => WholeFile.Write(path, stream =>
    {
        mlContext.Model.Save(trained.Pipeline, trained.Schema, stream);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true);
        using var entry = archive.CreateEntry(FactsEntry).Open();
        JsonSerializer.Serialize(entry, facts, Json);
    });

    /// <summary>Writes what is known of a run as a file of its own.</summary>
    public static void SaveFacts(string path, RunFacts facts)
        => WholeFile.Write(path, stream => JsonSerializer.Serialize(stream, facts, Json));

    /// <summary>The last model of a kind in a pipeline; null where there is none.</summary>
    public static T? In<T>(ITransformer transformer) where T : BdiaTransformer => transformer as T
        ?? (transformer as IEnumerable<ITransformer>)?.Select(In<T>).LastOrDefault(found => found is not null);

    public void Dispose() => (Pipeline as IDisposable)?.Dispose();

    private static ITransformer Read(MLContext mlContext, string path)
    {
        try
        {
            return mlContext.Model.Load(path, out _);
        }
        // ML.NET tells of a damaged file in whatever exception its loaders come to.
        catch (Exception fault) when (fault is not (OutOfMemoryException or Core.Native.NativeLibraryMissingException))
        {
            throw Fault($"{path} cannot be loaded as a model. Give a .zip that bdia or a program with Bdia.MLNet has saved.",
                fault.GetBaseException());
        }
    }

    private static RunFacts? ReadFacts(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        if (archive.GetEntry(FactsEntry) is not { } entry) return null;
        using var stream = entry.Open();
        return JsonSerializer.Deserialize<RunFacts>(stream, Json);
    }

    private static ToolException Fault(string message, Exception? inner = null) => new(ExitCode.Model, message, inner);
}
