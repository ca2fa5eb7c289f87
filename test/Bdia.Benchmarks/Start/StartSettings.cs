using System.Text.Json.Serialization;
using Bdia.Core.Reversible;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.Start;

/// <summary>Who learns from the rows.</summary>
internal enum StartMethod
{
    /// <summary>ML.NET's SdcaMaximumEntropy on the same pixels, as the image sample has it.</summary>
    Linear,

    /// <summary>
    /// The image trainer with the options that were its defaults until they were left open: batches of 128, rate 0.001, flips, crops of 4
    /// (3) pixels, patches of 4, AdamW, gamma = ±1/32.
    /// </summary>
    Former,

    /// <summary>The image trainer, no option given but the epochs.</summary>
    Defaults,

    /// <summary>The same with AdamW for every parameter.</summary>
    AdamW,

    /// <summary>The recipe of that name; 0 epochs: its own.</summary>
    Fast,

    /// <summary>The recipe of that name; 0 epochs: its own.</summary>
    Balanced,

    /// <summary>The recipe of that name; 0 epochs: its own.</summary>
    Best,
}

/// <summary>One contender of the start suite.</summary>
/// <param name="Method">Who learns.</param>
/// <param name="Data">What it learns from: a folder as the image sample's --data takes it; "shapes" for the pictures that the sample
/// draws.</param>
/// <param name="Rows">Training rows, the classes in turn; 0 for all.</param>
/// <param name="Epochs">Passes over them.</param>
/// <param name="TestRows">Rows that are scored once, when training has ended; 0 for all.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="BFloat16">Whether matrix products are taken in bfloat16.</param>
internal sealed record StartSettings(StartMethod Method, string Data, int Rows, int Epochs, int TestRows, int Seed, bool BFloat16)
{
    /// <summary>Minutes that training may take; 0 for no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Minutes { get; init; }

    /// <summary>The integration weight; null is the trainer's choice.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GammaSchedule? Gamma { get; init; }

    /// <summary>Folder with a folder of checkpoints for each contender, from which it goes on; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Checkpoints { get; init; }

    /// <summary>The data's short name.</summary>
    public string Name() => Path.GetFileName(Path.TrimEndingDirectorySeparator(Data));

    public override string ToString() => $"{Name()}, {(Rows == 0 ? "all" : Rows)} rows, {Epochs} epochs, {Method}, "
        + $"{(Gamma is null ? "" : $"gamma {Gamma}, ")}seed {Seed}";
}

/// <summary>What one process measured.</summary>
/// <param name="Accuracy">Share of the test rows whose class was told.</param>
/// <param name="LogLoss">Mean of -ln of the probability of a test row's class.</param>
/// <param name="TrainingAccuracy">Share of training rows in the last epoch; 0 where it is not known.</param>
/// <param name="Seconds">Of Fit.</param>
/// <param name="Steps">Of the optimizer; 0 for the linear model.</param>
/// <param name="PeakBytes">Resident, as the operating system saw it.</param>
/// <param name="Chosen">What the log says of options that were left open.</param>
internal sealed record StartFigures(double Accuracy, double LogLoss, double TrainingAccuracy, double Seconds,
    long Steps, long PeakBytes, IReadOnlyList<string> Chosen)
{
    /// <summary>Every epoch, with the rows held back in training where there are any; null for the linear model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EpochResult>? History { get; init; }
}
