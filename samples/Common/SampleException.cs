namespace Bdia.Samples.Common;

/// <summary>
/// Something that the user can put right. The message says what is the case, with its value, and what to do; it is all that is shown.
/// </summary>
public sealed class SampleException(string message, Exception? inner = null) : Exception(message, inner);
