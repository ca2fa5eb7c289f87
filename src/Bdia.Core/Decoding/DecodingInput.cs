namespace Bdia.Core.Decoding;

/// <summary>One input of a decoder.</summary>
/// <param name="Source">What the output is made from, as the network's ids; empty for a network that reads no source.</param>
/// <param name="Prompt">What the text begins with, as the network's ids without start token; the output is what follows. May be
/// empty.</param>
public sealed record DecodingInput(IReadOnlyList<int> Source, IReadOnlyList<int> Prompt);
