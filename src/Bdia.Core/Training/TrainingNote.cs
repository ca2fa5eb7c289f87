namespace Bdia.Core.Training;

/// <summary>Something that a user should know of the data of a run.</summary>
/// <param name="Text">A sentence.</param>
/// <param name="IsWarning">Whether data is not used as it was given: rows left out, texts cut off.</param>
public readonly record struct TrainingNote(string Text, bool IsWarning = false);
