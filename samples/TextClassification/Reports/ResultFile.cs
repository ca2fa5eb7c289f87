using Bdia.Core.Training;
using Bdia.Samples.TextClassification.Options;

namespace Bdia.Samples.TextClassification.Reports;

/// <summary>The figures of a run, written as JSON with these names in camel case.</summary>
internal sealed record ResultFile
{
    /// <summary>Share of test rows that the transformer gets right, 0..1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Its mean negative log-likelihood on them, in nats.</summary>
    public required double LogLoss { get; init; }

    /// <summary>Share of test rows that FeaturizeText with SdcaMaximumEntropy gets right; null where it was left out.</summary>
    public required double? LinearBaselineAccuracy { get; init; }

    /// <summary>Seconds of training, in all processes where the run was resumed.</summary>
    public required double SecondsTraining { get; init; }

    /// <summary>Largest resident memory of this process up to the end of training.</summary>
    public required long PeakResidentBytes { get; init; }

    /// <summary>Most bytes that a step kept to undo rounding.</summary>
    public required long SideInformationBytes { get; init; }

    /// <summary>Whether the model that was saved and loaded again gave the same scores, byte for byte, on every test row.</summary>
    public required bool ReloadedScoresIdentical { get; init; }

    public required string Command { get; init; }
    public required string Data { get; init; }
    public required int TrainRows { get; init; }
    public required int TestRows { get; init; }
    public required IReadOnlyList<string> Classes { get; init; }
    public required int Vocabulary { get; init; }
    public required long Weights { get; init; }
    public required SampleOptions Options { get; init; }
    public required TrainingResult Training { get; init; }
    public required double SecondsInAll { get; init; }
    public required string Software { get; init; }
}
