using System.Reflection;
using Bdia.MLNet;
using Bdia.Data;
using Microsoft.ML;

namespace Bdia.Samples.Translation;

/// <summary>Loads what the sample has saved.</summary>
internal static class SavedModel
{
    /// <summary>The translator in a model file.</summary>
    /// <exception cref="InputException">There is no such file, or it holds another model.</exception>
    public static BdiaSequenceToSequenceTransformer Load(MLContext mlContext, string path)
    {
        if (!File.Exists(path)) throw new InputException(
            $"There is no model {path}. Train one first (without --model), or check --model.");
        var model = Read(mlContext, path);
        return Find(model) ?? throw new InputException(
            $"{path} holds no translator, but {model.GetType().Name}. Give a model that this sample has saved.");
    }

    private static ITransformer Read(MLContext mlContext, string path)
    {
        try
        {
            return mlContext.Model.Load(path, out _);
        }
        catch (Exception fault) when (fault is FormatException or InvalidDataException or InvalidOperationException
            or TargetInvocationException)
        {
            throw new InputException($"{path} cannot be loaded as a model. Give a model.zip that this sample has saved.", fault);
        }
    }

    private static BdiaSequenceToSequenceTransformer? Find(ITransformer model)
        => model as BdiaSequenceToSequenceTransformer
            ?? (model as IEnumerable<ITransformer>)?.Select(Find).LastOrDefault(found => found is not null);
}
