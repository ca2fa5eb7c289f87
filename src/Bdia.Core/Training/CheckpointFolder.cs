using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>The checkpoints of one run in a folder: the two newest are kept, so that one survives whatever happens to the other.</summary>
internal sealed class CheckpointFolder : IDisposable
{
    private const int Kept = 2;
    private const string Prefix = "checkpoint-", Suffix = ".safetensors";
    private readonly string _folder;
    private readonly FileStream _lock;

    /// <summary>Opens the folder, creating it if needed, for one run at a time.</summary>
    /// <exception cref="CheckpointException">It cannot be used, another run uses it, or it holds an earlier run that must not be lost.</exception>
    public CheckpointFolder(string folder, bool resume)
    {
        _folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(_folder);
            // The operating system drops this lock with the process, however it ends.
            _lock = new FileStream(Path.Combine(_folder, "in-use.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"The checkpoint folder {_folder} cannot be used: {fault.Message} Choose another folder, or wait until the run that uses it has ended.", fault);
        }

        if (!resume && Files() is [var newest, ..])
        {
            _lock.Dispose();
            throw new CheckpointException($"The checkpoint folder {_folder} already holds {Path.GetFileName(newest)} of an earlier run. Set Resume to go on from it, or choose another folder, or delete it.");
        }

        LetGo(Directory.GetFiles(_folder, Prefix + "*" + DurableFile.TemporarySuffix));
    }

    /// <summary>Reads the newest checkpoint; null where there is none.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or belongs to another run.</exception>
    public CheckpointFile.Content? ReadNewest(SortedDictionary<string, string> identity)
    {
        if (Files() is not [var newest, .. var earlier]) return null;
        CheckpointFile.Content content;
        try
        {
            content = CheckpointFile.Read(newest);
        }
        catch (Exception fault) when (fault is InvalidDataException or System.Text.Json.JsonException or KeyNotFoundException)
        {
            var remedy = earlier is [var previous, ..] ? $"to resume from {Path.GetFileName(previous)}" : "to begin anew; there is no earlier one";
            throw new CheckpointException($"Checkpoint {newest} cannot be resumed: {fault.Message.TrimEnd('.')}. Delete that file {remedy}.", fault);
        }

        if (RunIdentity.Differences(content.Identity, identity) is { Count: > 0 } differences)
        {
            content.Dispose();
            throw new CheckpointException($"Checkpoint {newest} belongs to another run: {string.Join("; ", differences)}. Use the values it was written with, or choose another folder.");
        }

        return content;
    }

    /// <summary>Writes a checkpoint and lets go of the oldest beyond the two newest.</summary>
    /// <exception cref="CheckpointException">It cannot be written; those before it are untouched.</exception>
    public void Write(IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors, RunState state, SortedDictionary<string, string> identity)
    {
        var path = Path.Combine(_folder, $"{Prefix}{state.Step:D10}{Suffix}");
        try
        {
            CheckpointFile.Write(path, tensors, state, identity);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"Checkpoint {path} cannot be written: {fault.Message} Those before it are untouched: make room or give access, then set Resume to go on.", fault);
        }

        LetGo(Files().Skip(Kept));
    }

    public void Dispose() => _lock.Dispose();

    // A file that somebody reads just now cannot be deleted everywhere; it is no reason to end a run, and the next write tries again.
    private static void LetGo(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            try
            {
                File.Delete(file);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
            }
        }
    }

    // Newest first: step numbers have leading zeros, so names sort as numbers.
    private string[] Files()
        => [.. Directory.EnumerateFiles(_folder, Prefix + "*" + Suffix).OrderByDescending(Path.GetFileName, StringComparer.Ordinal)];
}
