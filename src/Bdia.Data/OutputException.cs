namespace Bdia.Data;

/// <summary>Something that could not be written: a disk that is full, a folder without rights. The message says what to do.</summary>
/// <param name="message">What is the case, and what to do.</param>
/// <param name="inner">What it came from.</param>
public sealed class OutputException(string message, Exception? inner = null) : Exception(message, inner);
