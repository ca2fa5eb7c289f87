using Bdia.MLNet;
using Microsoft.ML;

namespace __NAME___Model;

/// <summary>The model, for programs that use it.</summary>
public static partial class __NAME__
{
    /// <summary>A text.</summary>
    public class ModelInput
    {
        public string Source { get; set; } = "";

        /// <summary>What it is to become; only training reads it.</summary>
        public string Target { get; set; } = "";
    }

    /// <summary>What the model makes of it.</summary>
    public class ModelOutput
    {
        public string PredictedText { get; set; } = "";

        /// <summary>Its log-probability, normalised by its length; at most 0.</summary>
        public float Score { get; set; }

        /// <summary>Whether the model ended the text itself; else it was cut off.</summary>
        public bool Finished { get; set; }
    }

    /// <summary>For one caller at a time. Many callers are served by BatchingScorer, as the web API does.</summary>
    public static readonly Lazy<PredictionEngine<ModelInput, ModelOutput>> PredictEngine = new(() =>
    {
        var mlContext = new MLContext();
        return mlContext.Model.CreatePredictionEngine<ModelInput, ModelOutput>(Load(mlContext, ModelPath));
    });

    /// <summary>Loads a model. How it writes may be changed: model.Decoding = model.Decoding with { BeamSize = 1 }.</summary>
    public static ITransformer Load(MLContext mlContext, string path) => Read<BdiaSequenceToSequenceTransformer>(mlContext, path);

    public static ModelOutput Predict(ModelInput input) => PredictEngine.Value.Predict(input);

    /// <summary>An answer for people and for JSON.</summary>
    public static object Describe(ITransformer pipeline, ModelOutput output) => output;

    /// <summary>What a table of predictions has behind its own columns.</summary>
    public static IReadOnlyList<(string Name, Type Type)> OutputColumns { get; } = [("PredictedText", typeof(string)), ("Score",
        typeof(float))];

    public static object?[] OutputValues(ModelOutput output) => [output.PredictedText, output.Score];
}
