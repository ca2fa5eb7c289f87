namespace Bdia.Core.Native;

/// <summary>
/// A native library that the computations need is absent or cannot be loaded. The message names the library, where it was
/// looked for or what it lacks, and the package or system library that mends it.
/// </summary>
public sealed class NativeLibraryMissingException : DllNotFoundException
{
    /// <summary>Creates the exception.</summary>
    public NativeLibraryMissingException()
        : base("A native library that TorchSharp needs could not be loaded.")
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    /// <param name="message">The fact, the path or version found, and the remedy.</param>
    public NativeLibraryMissingException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and its cause.</summary>
    /// <param name="message">The fact, the path or version found, and the remedy.</param>
    /// <param name="innerException">What the operating system or the runtime reported.</param>
    public NativeLibraryMissingException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
