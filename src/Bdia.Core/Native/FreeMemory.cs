using System.Runtime.InteropServices;

namespace Bdia.Core.Native;

/// <summary>
/// Memory that the C allocator has been given back and keeps: as blocks of many sizes come and go, what is free lies scattered and new ones
/// find no place in it, so that resident memory grows to several times what is in use.
/// </summary>
internal static partial class FreeMemory
{
    private static volatile bool absent;

    /// <summary>
    /// Gives it to the operating system. Costs what it costs to be given the same pages anew; does nothing where the C library is not
    /// glibc.
    /// </summary>
    /// <returns>Whether there was any.</returns>
    public static bool Release()
    {
        if (absent || !OperatingSystem.IsLinux()) return false;
        try
        {
            return Trim(0) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            absent = true; // another C library
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
