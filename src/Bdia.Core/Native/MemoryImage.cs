using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bdia.Core.Native;

/// <summary>Loads a shared library from its bytes, on Linux.</summary>
internal static partial class MemoryImage
{
    private const uint CloseOnExec = 1;
    private const uint Executable = 0x10;

    // Stays open as long as the process: the library's recorded path must not come to mean another file.
    private static SafeFileHandle? memoryFile;

    /// <summary>
    /// Loads the library from an anonymous file in memory or, where that is refused, from a private file that is gone afterwards.
    /// </summary>
    /// <param name="image">The library.</param>
    /// <param name="fileName">The name that debuggers show.</param>
    /// <exception cref="DllNotFoundException">The library could not be loaded; the message is the loader's own.</exception>
    public static void Load(byte[] image, string fileName)
    {
        // Kernels before 6.3 do not know the flag Executable and refuse it; some newer ones are configured to insist on it.
        var descriptor = memfd_create(fileName, CloseOnExec | Executable);
        if (descriptor < 0)
            descriptor = memfd_create(fileName, CloseOnExec);
        if (descriptor < 0)
        {
            LoadFromPrivateFile(image, fileName);
            return;
        }

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            RandomAccess.Write(file, image, 0);
            NativeLibrary.Load($"/proc/self/fd/{descriptor}");
            memoryFile = file;
        }
        catch (Exception e) when (e is DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            LoadFromPrivateFile(image, fileName);
        }
    }

    /// <summary>Loads the library from a file in a new folder that only this user may enter, and deletes both.</summary>
    internal static void LoadFromPrivateFile(byte[] image, string fileName)
    {
        var folder = Directory.CreateTempSubdirectory("bdia-");
        try
        {
            var path = Path.Combine(folder.FullName, fileName);
            File.WriteAllBytes(path, image);
            NativeLibrary.Load(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
