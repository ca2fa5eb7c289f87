namespace Bdia.Data.Files;

/// <summary>Writes files that are there whole or not at all, whatever happens meanwhile.</summary>
public static class WholeFile
{
    private const int NoRoomOnLinux = 28;
    private const int NoRoomOnWindows = unchecked((int)0x80070070);

    /// <summary>Writes beside the place of the file, and moves it there once it is on the disk. An earlier file is replaced.</summary>
    /// <param name="path">The file; its folder is made where it is missing.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="OutputException">There is no room, or the folder cannot be written to; an earlier file is as it was.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(write);
        var beside = path + ".writing";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception fault) when (Explained(path, fault) is { } explained)
        {
            Remove(beside);
            throw explained;
        }
        catch
        {
            Remove(beside);
            throw;
        }
    }

    /// <summary>What a fault of writing is in words for people.</summary>
    /// <param name="path">The file or folder that was written to.</param>
    /// <param name="fault">The fault.</param>
    /// <returns>The same, for people; null where it is no fault of a disk or of rights.</returns>
    public static OutputException? Explained(string path, Exception fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault switch
        {
            IOException when IsFull(fault) => new(
                $"There is no room for {path}: the disk is full. What was there is as it was. Make room, or write to another disk.", fault),
            IOException or UnauthorizedAccessException => new(
                $"{path} cannot be written ({fault.Message.TrimEnd('.')}). Check the folder and its rights, or write elsewhere.", fault),
            _ => null,
        };
    }

    /// <summary>Whether a fault says that a disk is full.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>Whether it, or what it came from, does.</returns>
    public static bool IsFull(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
            if (cause is IOException { HResult: NoRoomOnLinux or NoRoomOnWindows }) return true;
        return false;
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The fault that is on its way says more than that a part of a file is left.
        }
    }
}
