using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Data.Pictures;
using Bdia.MLNet;
using Microsoft.ML;

namespace __NAME___Model;

/// <summary>How the model was trained, to train it again.</summary>
public static partial class __NAME__
{
    /// <summary>Where the pictures were.</summary>
    public const string RetrainFolder = __DATASET__;

    /// <summary>The pictures of a folder with a folder for each class, or of a table; those that cannot be read are left out.</summary>
    public static IDataView LoadImageFromFolder(MLContext mlContext, string folder)
        => mlContext.Data.LoadFromEnumerable(PictureSet.Open(folder, __COLUMNS__).Train.Select(item =>
            new ModelInput { ImageSource = item.Load(), Label = item.Label }));

    /// <summary>The pipeline: change it, and train again.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext)
        => mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(
                new BdiaImageClassificationTrainer.Options(__RECIPE__)
                {
                    FeatureColumnName = "ImageSource",
                    Epochs = __EPOCHS__,
                    Seed = __SEED__,__OPTIONS__
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
