namespace Bdia.Core.TextClassification;

/// <summary>A row to train on.</summary>
/// <param name="Text">The text, or the first of two.</param>
/// <param name="Second">The second text where rows are pairs; null otherwise.</param>
/// <param name="Label">The class, counted from 0.</param>
public readonly record struct LabelledText(string Text, string? Second, int Label);
