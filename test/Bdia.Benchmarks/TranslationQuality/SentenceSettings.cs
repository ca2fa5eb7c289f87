using System.Text.Json.Serialization;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.TranslationQuality;

/// <summary>What keeps a translator from learning its sentences by heart, the rest being equal.</summary>
internal enum SentenceMethod
{
    /// <summary>Nothing beyond weight decay and label smoothing: gamma = 0, no grid, activations stored, no dropout.</summary>
    Plain,

    /// <summary>Plain, with dropout 0.1.</summary>
    Dropout10,

    /// <summary>Plain, with dropout 0.3.</summary>
    Dropout30,

    /// <summary>gamma = ±1/2, as the paper, no dropout.</summary>
    BdiaHalf,

    /// <summary>gamma = ±1/2 and dropout 0.1.</summary>
    BdiaHalfDropout10,

    /// <summary>The schedule that looks at the run, no dropout.</summary>
    Automatic,

    /// <summary>The schedule that looks at the run, and dropout 0.1.</summary>
    AutomaticDropout10,

    /// <summary>The schedule that looks at the run, and dropout 0.3.</summary>
    AutomaticDropout30,

    /// <summary>The trainer's defaults: gamma = ±1/32 and dropout 0.1.</summary>
    Defaults,

    /// <summary>The recipe of that name; 0 epochs: its own.</summary>
    Balanced,

    /// <summary>The recipe of that name; 0 epochs: its own.</summary>
    Best,
}

/// <summary>One contender: a translator on few sentences, on one thread.</summary>
/// <param name="Data">Folder of line-aligned files, or a table or archive of pairs.</param>
/// <param name="Source">Language that is read: the ending of its files.</param>
/// <param name="Target">Language that is written.</param>
/// <param name="Method">What regularises it.</param>
/// <param name="Rows">Training rows; 0 for all.</param>
/// <param name="Epochs">Passes over them; 0 for those of a recipe.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Optimizer">What takes the steps.</param>
/// <param name="LearningRate">Peak; null is the trainer's choice.</param>
/// <param name="Checkpoints">Folder in which the run keeps its own folder of checkpoints while it is under way.</param>
internal sealed record SentenceSettings(string Data, string Source, string Target, SentenceMethod Method, int Rows, int Epochs, int Seed,
    OptimizerKind Optimizer, double? LearningRate, string Checkpoints)
{
    /// <summary>Minutes that training may take; 0 for no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Minutes { get; init; }

    /// <summary>What chooses the epoch; null is the trainer's choice.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ModelSelection? BestBy { get; init; }

    public override string ToString()
        => $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Data))}-{Source}-{Target}-{Rows}-{Method}-{Epochs}-{Optimizer}-"
            + $"{LearningRate?.ToString() ?? "auto"}-{BestBy?.ToString() ?? "auto"}-seed{Seed}";
}

/// <summary>What one run came to.</summary>
/// <param name="History">Every epoch.</param>
/// <param name="BestEpoch">The one that the rows held back chose; null where the weights are averaged over epochs.</param>
/// <param name="Bleu">Of the test rows, by the best epoch's weights, as sacreBLEU counts it: cased, not tokenised beforehand.</param>
/// <param name="Chrf">chrF of the same.</param>
/// <param name="Seconds">Of training.</param>
internal sealed record SentenceFigures(IReadOnlyList<EpochResult> History, int? BestEpoch, double Bleu, double Chrf, double Seconds)
{
    /// <summary>BLEU of the same, lower-cased, with elisions cut off as Moses does (l' homme): the currency of older papers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double LowerCasedBleu { get; init; }
}
