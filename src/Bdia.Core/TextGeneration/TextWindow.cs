namespace Bdia.Core.TextGeneration;

/// <summary>A part of a text, as long as a network can read at most.</summary>
/// <param name="Text">Number of the text.</param>
/// <param name="Start">Its first token.</param>
/// <param name="Length">Tokens, at least 1.</param>
internal readonly record struct TextWindow(int Text, int Start, int Length);

/// <summary>Some windows of a batch, or all.</summary>
/// <param name="Windows">The windows.</param>
/// <param name="Longest">Tokens of the longest window of the whole batch, to which those of a part are padded in training, so that a row
/// draws its dropout as in the whole.</param>
internal readonly record struct WindowPart(ArraySegment<TextWindow> Windows, int Longest);
