using System.Reflection;
using Bdia.MLNet;
using Bdia.Data;
using Microsoft.ML;

namespace Bdia.Samples.TextClassification;

/// <summary>Loads what the sample has saved.</summary>
internal static class SavedModel
{
    /// <summary>The pipeline in a model file.</summary>
    /// <exception cref="InputException">There is no such file, or it holds another model.</exception>
    public static ITransformer Load(MLContext mlContext, string path)
    {
        if (!File.Exists(path))
            throw new InputException($"There is no model {path}. Train one first (without --model), or check --model.");
        try
        {
            var model = mlContext.Model.Load(path, out _);
            model.Part<BdiaTextClassificationTransformer>();
            return model;
        }
        catch (Exception fault) when (fault is FormatException or InvalidDataException or InvalidOperationException
            or TargetInvocationException)
        {
            throw new InputException($"{path} cannot be loaded as a model that classifies texts. Give a model.zip that this sample has "
                + "saved.", fault);
        }
    }
}
