using System.Text.Json.Serialization;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>
/// Where a run stands, apart from its tensors: what a checkpoint keeps as JSON. Changes only after a whole optimizer step.
/// </summary>
internal sealed class RunState
{
    // A thousand years: what is longer is no run, and no TimeSpan soon.
    private const double LongestSeconds = 1000.0 * 365 * 24 * 3600;

    /// <summary>Optimizer steps done.</summary>
    public long Step { get; set; }

    /// <summary>Batches trained on, over all epochs: the number that the training clock shows.</summary>
    public long Batches { get; set; }

    /// <summary>Epochs done, validation included.</summary>
    public int Epoch { get; set; }

    /// <summary>Batches of the current epoch trained on.</summary>
    public int BatchInEpoch { get; set; }

    /// <summary>Seconds that the run had taken when this was saved.</summary>
    public double ElapsedSeconds { get; set; }

    /// <summary>Sums of the current epoch.</summary>
    public EpochSums Sums { get; set; } = new();

    /// <summary>Results of the epochs done.</summary>
    public List<EpochResult> History { get; set; } = [];

    /// <summary>The epoch of the best weights, 1 for the first; null while there are none.</summary>
    public int? BestEpoch { get; set; }

    /// <summary>Validation figures of the best weights.</summary>
    public ValidationResult? BestValidation { get; set; }

    /// <summary>
    /// The epoch of the highest figure, where a later one is kept that cannot be told apart from it (<see cref="EpochChoice"/>); null where
    /// that of the best weights is the highest.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JudgedEpoch? Highest { get; set; }

    /// <summary>The figure that the next progress is measured from, higher is better.</summary>
    public double? ProgressFrom { get; set; }

    /// <summary>Validations in a row without progress.</summary>
    public int WithoutProgress { get; set; }

    /// <summary>Where the schedule was fitted to the time that there is; null where the steps are those that were planned.</summary>
    public PaceMark? Pace { get; set; }

    /// <summary>Epochs whose weights are kept for an average, ascending.</summary>
    public List<KeptEpoch> Averaged { get; set; } = [];

    /// <summary>Strength of <see cref="GammaSchedule.Automatic"/> in the current epoch; 0 where no stack has it.</summary>
    public int GammaStrength { get; set; }

    /// <summary>Checks what was read.</summary>
    /// <exception cref="InvalidDataException">A number cannot be one of a run.</exception>
    public void RequireSound()
    {
        if (Step < 0 || Batches < Step || Epoch < 0 || BatchInEpoch < 0 || WithoutProgress < 0
            || GammaStrength < 0 || GammaStrength > GammaStrengths.Largest
            || !(ElapsedSeconds >= 0 && ElapsedSeconds < LongestSeconds)
            || Pace is { } mark && !(mark.Step >= 0 && mark.Step <= Step && mark.Progress is >= 0 and <= 1 && double.IsFinite(mark.End))
            || History.Count != Epoch || BestEpoch < 1 || BestEpoch > Epoch || (BestEpoch is null) != (BestValidation is null)
            || Highest is { } highest && !(BestEpoch > highest.Epoch && highest.Epoch >= 1))
            throw new InvalidDataException(
                $"its state is none that a run can have (step {Step}, epoch {Epoch}, batch {BatchInEpoch}, {History.Count} epochs in "
                + "its history)");
    }

    /// <summary>Makes another state equal to this one.</summary>
    public void CopyTo(RunState other)
    {
        (other.Step, other.Batches, other.Epoch, other.BatchInEpoch, other.ElapsedSeconds) =
            (Step, Batches, Epoch, BatchInEpoch, ElapsedSeconds);
        (other.Sums, other.History, other.Averaged, other.Pace) = (Sums, History, Averaged, Pace);
        (other.BestEpoch, other.BestValidation, other.ProgressFrom, other.WithoutProgress) =
            (BestEpoch, BestValidation, ProgressFrom, WithoutProgress);
        (other.Highest, other.GammaStrength) = (Highest, GammaStrength);
    }
}
