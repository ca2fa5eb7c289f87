using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Microsoft.ML;

namespace __NAME___Model;

/// <summary>How the model was trained, to train it again.</summary>
public static partial class __NAME__
{
    /// <summary>What the rows were read from.</summary>
    public const string RetrainFile = __DATASET__;

    /// <summary>The lines of a .txt file, which are one text, or a table with a text in each row.</summary>
    public static IDataView LoadRows(MLContext mlContext, string file)
        => mlContext.Data.LoadFromEnumerable(TextCollection.Open(file, __COLUMNS__).Texts.Select(text => new ModelInput { Text = text }));

    /// <summary>The pipeline: change it, and train again.</summary>
    public static IEstimator<ITransformer> BuildPipeline(MLContext mlContext)
        => (IEstimator<ITransformer>)mlContext.TextGeneration.Trainers.Bdia(new BdiaTextGenerationTrainer.Options(__RECIPE__)
        {
            TextColumnName = "Text",
            Epochs = __EPOCHS__,
            Seed = __SEED__,__OPTIONS__
        });

    public static ITransformer RetrainModel(MLContext mlContext, IDataView trainData) => BuildPipeline(mlContext).Fit(trainData);

    /// <summary>Trains on a file, and saves the model.</summary>
    public static void Train(string file, string outputModelPath)
    {
        var mlContext = new MLContext(__SEED__);
        mlContext.Log += (_, e) =>
        {
            if (e.Message.Contains("Epoch", StringComparison.Ordinal)) Console.WriteLine(e.RawMessage);
        };
        var data = LoadRows(mlContext, file);
        var model = RetrainModel(mlContext, data);
        mlContext.Model.Save(model, data.Schema, outputModelPath);
    }
}
