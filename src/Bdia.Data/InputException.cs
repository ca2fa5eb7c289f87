namespace Bdia.Data;

/// <summary>
/// Something that the user can put right: data, a file or a folder. The message says what is the case, with its value, and what to do; it
/// is all that has to be shown.
/// </summary>
/// <param name="message">What is the case, and what to do.</param>
/// <param name="inner">What it came from.</param>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
