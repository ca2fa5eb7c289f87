using Bdia.MLNet;
using Microsoft.ML;

namespace __NAME___Model;

/// <summary>The model's file.</summary>
public static partial class __NAME__
{
    /// <summary>The model's file, beside the program.</summary>
    public static string ModelPath => Path.Combine(AppContext.BaseDirectory, "__NAME__.zip");

    /// <summary>Reads a model of a kind.</summary>
    /// <exception cref="ModelFileException">It is not there, is damaged, or is a model of another task.</exception>
    private static ITransformer Read<T>(MLContext mlContext, string path) where T : BdiaTransformer
    {
        if (!File.Exists(path))
            throw new ModelFileException($"There is no model {path}. Train one into the folder of the solution, and build again: "
                + "dotnet run --project __NAME__.ConsoleApp -- train DATA __NAME__.zip");
        ITransformer pipeline;
        try
        {
            pipeline = mlContext.Model.Load(path, out _);
        }
        // ML.NET tells of a damaged file in whatever exception its loaders come to.
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new ModelFileException($"{path} cannot be loaded as a model ({fault.GetBaseException().Message.TrimEnd('.')}). Give a "
                + ".zip that bdia or a program with Bdia.MLNet has saved.", fault);
        }

        try
        {
            pipeline.Part<T>();
            return pipeline;
        }
        catch (InvalidOperationException fault)
        {
            (pipeline as IDisposable)?.Dispose();
            throw new ModelFileException($"{path} is a model of another task. Give one with a {typeof(T).Name}.", fault);
        }
    }
}

/// <summary>A model's file cannot be used; the message says why, and what to do.</summary>
public sealed class ModelFileException(string message, Exception? inner = null) : Exception(message, inner);
