using Bdia.Core.Training;
using Bdia.Samples.Translation.Options;

namespace Bdia.Samples.Translation.Reports;

/// <summary>
/// The figures of a run, written as JSON with these names in camel case. BLEU, chrF and exact match are those of the first test set.
/// </summary>
internal sealed record ResultFile
{
    /// <summary>BLEU as sacreBLEU computes it, 0..100.</summary>
    public required double Bleu { get; init; }

    /// <summary>chrF as sacreBLEU computes it, 0..100.</summary>
    public required double ChrF { get; init; }

    /// <summary>Share of test rows whose translation is the reference, 0..1.</summary>
    public required double ExactMatch { get; init; }

    /// <summary>Perplexity of the model on the tokens of the validation rows; null where nothing was trained, or validated.</summary>
    public double? Perplexity { get; init; }

    /// <summary>Seconds of training, in all processes where the run was resumed.</summary>
    public double? SecondsTraining { get; init; }

    /// <summary>Largest resident memory of this process up to the end of training.</summary>
    public long? PeakResidentBytes { get; init; }

    /// <summary>Source tokens trained on per second, validation left out.</summary>
    public double? SourceTokensPerSecond { get; init; }

    /// <summary>Most bytes that a step kept to undo rounding.</summary>
    public long? SideInformationBytes { get; init; }

    /// <summary>Whether the model that was saved and loaded again gave the same translations and scores.</summary>
    public bool? ReloadedTranslationsIdentical { get; init; }

    /// <summary>All test sets, in order.</summary>
    public required IReadOnlyList<TestResult> Tests { get; init; }

    public required string Command { get; init; }
    public required string Data { get; init; }
    public required string Source { get; init; }
    public required string Target { get; init; }
    public int? TrainRows { get; init; }
    public int? ValidationRows { get; init; }
    public int? SourceVocabulary { get; init; }
    public int? TargetVocabulary { get; init; }
    public long? Weights { get; init; }
    public required SampleOptions Options { get; init; }
    public TrainingResult? Training { get; init; }
    public required double SecondsInAll { get; init; }
    public required string Software { get; init; }
}

/// <summary>Figures of one test set.</summary>
internal sealed record TestResult(string Name, long Rows, double Bleu, string BleuSignature, double BrevityPenalty,
    double ChrF, string ChrFSignature, double ExactMatch);
