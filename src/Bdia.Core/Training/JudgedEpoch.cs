namespace Bdia.Core.Training;

/// <summary>An epoch and what its validation found.</summary>
/// <param name="Epoch">Its number, 1 for the first.</param>
/// <param name="Validation">Its figures.</param>
internal sealed record JudgedEpoch(int Epoch, ValidationResult Validation);
