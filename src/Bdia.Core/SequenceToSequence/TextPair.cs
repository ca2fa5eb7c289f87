namespace Bdia.Core.SequenceToSequence;

/// <summary>A text and what it is to become.</summary>
/// <param name="Source">Input.</param>
/// <param name="Target">Output.</param>
public readonly record struct TextPair(string Source, string Target);
