using Bdia.MLNet;
using Microsoft.ML;

namespace __NAME___Model;

/// <summary>How the model was trained, to train it again.</summary>
public static partial class __NAME__
{
    /// <summary>Where the pictures were: a folder for each class.</summary>
    public const string RetrainFolder = __DATASET__;

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp"];

    /// <summary>The pictures of a folder with a folder for each class.</summary>
    public static IDataView LoadImageFromFolder(MLContext mlContext, string folder)
    {
        var files = Directory.EnumerateDirectories(folder).SelectMany(Directory.EnumerateFiles)
            .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Order().ToArray();
        if (files.Length == 0) throw new InvalidDataException($"{folder} has no pictures in class folders. Give a folder with a folder "
            + $"for each class.");
        return mlContext.Data.LoadFromEnumerable(files.Select(file => new ModelInput
        {
            ImageSource = File.ReadAllBytes(file), Label = Path.GetFileName(Path.GetDirectoryName(file)!),
        }));
    }

    /// <summary>The pipeline: change it, and train again.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext)
        => mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(new BdiaImageClassificationTrainer.Options
            {
                FeatureColumnName = "ImageSource",
                Epochs = __EPOCHS__,
                Seed = __SEED__,
                BadImages = BadImagePolicy.Skip,
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    public static ITransformer RetrainModel(MLContext mlContext, IDataView trainData) => BuildPipeline(mlContext).Fit(trainData);

    /// <summary>Trains on a folder, and saves the model.</summary>
    public static void Train(string folder, string outputModelPath)
    {
        var mlContext = new MLContext(__SEED__);
        mlContext.Log += (_, e) =>
        {
            if (e.Message.Contains("Epoch", StringComparison.Ordinal)) Console.WriteLine(e.RawMessage);
        };
        var data = LoadImageFromFolder(mlContext, folder);
        var model = RetrainModel(mlContext, data);
        mlContext.Model.Save(model, data.Schema, outputModelPath);
    }
}
