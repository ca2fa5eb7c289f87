namespace Bdia.Tool.CommandLine;

/// <summary>A fault that has an exit code of its own; the message is all that is shown.</summary>
/// <param name="code">The exit code.</param>
/// <param name="message">What is the case, and what to do.</param>
/// <param name="inner">What it came from.</param>
internal sealed class ToolException(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code { get; } = code;
}
