using System.Text.Json.Serialization;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>What one epoch came to.</summary>
/// <param name="Epoch">Its number, 1 for the first.</param>
/// <param name="TrainingLoss">Mean loss over the epoch's training items, with label smoothing, class weights and augmentation as
/// trained.</param>
/// <param name="TrainingAccuracy">Share of training items that the model got right during the epoch, 0..1; null where that is not
/// known.</param>
/// <param name="LearningRate">Learning rate of its last step.</param>
/// <param name="Seconds">Seconds that it took, validation included.</param>
/// <param name="Validation">Validation figures; null where the epoch was not validated.</param>
public sealed record EpochResult(
    int Epoch, double TrainingLoss, double? TrainingAccuracy, double LearningRate, double Seconds, ValidationResult? Validation)
{
    /// <summary>
    /// What <see cref="GammaSchedule.Automatic"/> had come to in the epoch, "3/8" for ±3/8; null where no stack has it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Gamma { get; init; }
}
