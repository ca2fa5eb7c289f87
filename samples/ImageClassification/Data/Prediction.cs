namespace Bdia.Samples.ImageClassification.Data;

/// <summary>A scored row, as an application would read it.</summary>
internal sealed class Prediction
{
    /// <summary>What it is.</summary>
    public string Class { get; set; } = "";

    /// <summary>What the model takes it for.</summary>
    public string PredictedLabel { get; set; } = "";

    /// <summary>The probability of every class.</summary>
    public float[] Score { get; set; } = [];
}
