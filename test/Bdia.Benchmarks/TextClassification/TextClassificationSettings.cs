using Bdia.Core.Text;

namespace Bdia.Benchmarks.TextClassification;

/// <summary>Who learns from the texts.</summary>
internal enum TextMethod
{
    /// <summary>ML.NET's FeaturizeText and SdcaMaximumEntropy, with their defaults.</summary>
    Linear,

    /// <summary>ML.NET's FeaturizeText and LightGbm, with their defaults.</summary>
    LightGbm,

    /// <summary>The text classification trainer, no option given but those that the settings name.</summary>
    Encoder,

    /// <summary>The same, beginning with a text generator that has learned the training texts, without their classes.</summary>
    EncoderOfGenerator,
}

/// <summary>One contender of the text-classification suite. Null: the trainer's default.</summary>
/// <param name="Method">Who learns.</param>
/// <param name="Data">What it learns from: a path as the text sample's --data takes it; "matches" for the texts that it makes.</param>
/// <param name="Rows">Training rows; 0 for all.</param>
/// <param name="TestRows">Rows that are scored once, when training has ended; 0 for all.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Epochs">Passes of the encoder.</param>
/// <param name="Tokens">What the encoder's tokens are.</param>
/// <param name="Depth">Its blocks.</param>
/// <param name="TokenDropout">Share of tokens that it leaves out.</param>
/// <param name="Dropout">Share of numbers that it leaves out.</param>
/// <param name="LearningRate">Its peak.</param>
/// <param name="WeightDecay">AdamW's.</param>
internal sealed record TextClassificationSettings(TextMethod Method, string Data, int Rows, int TestRows, int Seed, int? Epochs,
    TokenLevel? Tokens, int? Depth, double? TokenDropout, double? Dropout, double? LearningRate, double? WeightDecay)
{
    /// <summary>The data's short name.</summary>
    public string Name() => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Data));

    public override string ToString() => $"{Name()}, {(Rows == 0 ? "all" : Rows)} rows, {Method}, seed {Seed}";
}

/// <summary>What one process measured.</summary>
/// <param name="Accuracy">Share of the test rows whose class was told.</param>
/// <param name="LogLoss">Mean of -ln of the probability of a test row's class.</param>
/// <param name="Classes">Number of classes.</param>
/// <param name="TrainRows">Rows learned from.</param>
/// <param name="Seconds">Of Fit.</param>
/// <param name="PeakBytes">Resident, as the operating system saw it.</param>
internal sealed record TextClassificationFigures(
    double Accuracy, double LogLoss, int Classes, int TrainRows, double Seconds, long PeakBytes);
