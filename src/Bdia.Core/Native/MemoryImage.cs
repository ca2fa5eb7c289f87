using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Bdia.Core.Native;

/// <summary>Loads a shared library from its bytes, on Linux.</summary>
internal static partial class MemoryImage
{
    private const uint CloseOnExec = 1;
    private const uint Executable = 0x10;

    // Stay open as long as the process: a library's recorded path must not come to mean another file.
    private static readonly List<SafeFileHandle> memoryFiles = [];

    private const int ResolveNow = 2;
    private const int Everybody = 0x100;

    /// <summary>
    /// Loads the library from an anonymous file in memory or, where that is refused, from a private file that is gone afterwards.
    /// </summary>
    /// <param name="image">The library.</param>
    /// <param name="fileName">The name that debuggers show.</param>
    /// <param name="forEverybody">Whether libraries that are loaded later find its functions before their own of the same name.</param>
    /// <returns>The library's handle.</returns>
    /// <exception cref="DllNotFoundException">The library could not be loaded; the message is the loader's own.</exception>
    public static nint Load(byte[] image, string fileName, bool forEverybody = false)
    {
        // Kernels before 6.3 do not know the flag Executable and refuse it; some newer ones are configured to insist on it.
        var descriptor = memfd_create(fileName, CloseOnExec | Executable);
        if (descriptor < 0)
            descriptor = memfd_create(fileName, CloseOnExec);
        if (descriptor < 0)
            return LoadFromPrivateFile(image, fileName, forEverybody);

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            RandomAccess.Write(file, image, 0);
            var library = Open($"/proc/self/fd/{descriptor}", forEverybody);
            lock (memoryFiles) memoryFiles.Add(file);
            return library;
        }
        catch (Exception e) when (e is DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            file.Dispose();
            return LoadFromPrivateFile(image, fileName, forEverybody);
        }
    }

    /// <summary>Loads the library from a file in a new folder that only this user may enter, and deletes both.</summary>
    internal static nint LoadFromPrivateFile(byte[] image, string fileName, bool forEverybody = false)
    {
        var folder = Directory.CreateTempSubdirectory("bdia-");
        try
        {
            var path = Path.Combine(folder.FullName, fileName);
            File.WriteAllBytes(path, image);
            return Open(path, forEverybody);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // .NET's own call keeps a library's functions to the library.
    private static nint Open(string path, bool forEverybody)
    {
        if (!forEverybody) return NativeLibrary.Load(path);
        var library = dlopen(path, ResolveNow | Everybody);
        return library != 0 ? library : throw new DllNotFoundException(Marshal.PtrToStringUTF8(dlerror()));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlopen(string path, int flags);

    [LibraryImport("libc")]
    private static partial nint dlerror();
}
