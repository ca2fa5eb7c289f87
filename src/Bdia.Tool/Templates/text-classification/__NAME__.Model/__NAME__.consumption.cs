using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace __NAME___Model;

/// <summary>The model, for programs that use it.</summary>
public static partial class __NAME__
{
    /// <summary>A text.</summary>
    public class ModelInput
    {
        public string Text { get; set; } = "";

        /// <summary>The class; only training reads it.</summary>
        public string Label { get; set; } = "";
    }

    /// <summary>What the model makes of it.</summary>
    public class ModelOutput
    {
        public string PredictedLabel { get; set; } = "";

        /// <summary>The probability of every class, in the order of ClassNames.</summary>
        public float[] Score { get; set; } = [];
    }

    /// <summary>For one caller at a time. Many callers are served by BatchingScorer, as the web API does.</summary>
    public static readonly Lazy<PredictionEngine<ModelInput, ModelOutput>> PredictEngine = new(() =>
    {
        var mlContext = new MLContext();
        return mlContext.Model.CreatePredictionEngine<ModelInput, ModelOutput>(Load(mlContext, ModelPath));
    });

    public static ITransformer Load(MLContext mlContext, string path) => Read<BdiaTextClassificationTransformer>(mlContext, path);

    public static ModelOutput Predict(ModelInput input) => PredictEngine.Value.Predict(input);

    /// <summary>Every class and its probability, the best first.</summary>
    public static IEnumerable<KeyValuePair<string, float>> PredictAllLabels(ModelInput input)
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        PredictEngine.Value.OutputSchema["Score"].GetSlotNames(ref names);
        return names.DenseValues().Zip(Predict(input).Score, (name, score) => KeyValuePair.Create(name.ToString(), score))
            .OrderByDescending(pair => pair.Value);
    }

    /// <summary>An answer with names, for people and for JSON.</summary>
    public static object Describe(ITransformer pipeline, ModelOutput output) => new
    {
        output.PredictedLabel,
        Classes = pipeline.TopClasses(output.Score, 5).Select(item => new { item.Name, item.Probability }),
    };

    /// <summary>What a table of predictions has behind its own columns.</summary>
    public static IReadOnlyList<(string Name, Type Type)> OutputColumns { get; } = [("PredictedLabel", typeof(string)), ("Score",
        typeof(float))];

    public static object?[] OutputValues(ModelOutput output) => [output.PredictedLabel, output.Score.Max()];
}
