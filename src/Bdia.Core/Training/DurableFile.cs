using System.Runtime.InteropServices;

namespace Bdia.Core.Training;

/// <summary>Writes a file so that it is there whole or not at all, whenever the process or the machine stops.</summary>
internal static partial class DurableFile
{
    /// <summary>Ending of files that are being written; what bears it may be deleted when no writer runs.</summary>
    public const string TemporarySuffix = ".writing";

    /// <summary>Writes beside the target, flushes to the disk, then renames.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="write">Writes the content.</param>
    public static void Write(string path, Action<Stream> write)
    {
        var temporary = path + TemporarySuffix;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw;
        }

        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    // On Unix a rename is durable only once the folder itself is flushed, which .NET has no call for. A file system that
    // cannot do it (some network ones) says so; the file is whole all the same, so that answer is no fault.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, 0);
        if (descriptor < 0) return;
        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
