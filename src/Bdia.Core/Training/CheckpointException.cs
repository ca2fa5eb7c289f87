namespace Bdia.Core.Training;

/// <summary>
/// A checkpoint cannot be resumed (it is damaged, foreign, of another format version or of another run) or not be written. No file was
/// changed; the message says what to do.
/// </summary>
/// <param name="message">What is wrong with which file, and the remedy.</param>
/// <param name="cause">The exception that showed it, if any.</param>
public sealed class CheckpointException(string message, Exception? cause = null) : Exception(message, cause);
