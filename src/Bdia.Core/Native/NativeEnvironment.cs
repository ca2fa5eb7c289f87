using System.Runtime.InteropServices;

namespace Bdia.Core.Native;

/// <summary>
/// The environment that native libraries read their settings from when they are loaded or first used, for want of a call that sets them.
/// </summary>
internal static partial class NativeEnvironment
{
    /// <summary>
    /// Sets a variable unless the user has set it, or another that decides the same. On Linux alone: elsewhere the libraries do not see
    /// what is set so late.
    /// </summary>
    /// <param name="value">What it is set to.</param>
    /// <param name="names">The variable, then those that have the same effect.</param>
    /// <returns>Whether it was set.</returns>
    public static bool SetUnlessSet(string value, params IReadOnlyList<string> names)
        => names.All(name => Environment.GetEnvironmentVariable(name) is null) && SetEnvironment(names[0], value, overwrite: 0) == 0;

    // .NET's own copy of the environment, which child processes inherit, stays as it is.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
