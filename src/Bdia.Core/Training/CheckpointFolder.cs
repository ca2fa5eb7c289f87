using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The checkpoints of one run in a folder: the two newest are kept, so that one survives whatever happens to the other.</summary>
/// <remarks>
/// Of the files in it, only those are ours whose whole names are such as we write: a copy under another name is the user's, and stays.
/// </remarks>
internal sealed partial class CheckpointFolder : IDisposable
{
    private const int Kept = 2;
    private readonly string folder;
    private readonly FileStream inUse;

    /// <summary>Opens the folder, creating it if needed, for one run at a time.</summary>
    /// <exception cref="CheckpointException">It cannot be used, another run uses it, or it holds an earlier run that must not be
    /// lost.</exception>
    public CheckpointFolder(string folder, bool resume)
    {
        this.folder = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(this.folder);
            // The operating system drops this lock with the process, however it ends.
            inUse = new FileStream(Path.Combine(this.folder, "in-use.lock"), FileMode.OpenOrCreate,
                FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                $"The checkpoint folder {this.folder} cannot be used: {fault.Message} Choose another folder, or wait until the run that "
                + "uses it has ended.", fault);
        }

        if (!resume && Files(this.folder) is [var newest, ..])
        {
            inUse.Dispose();
            throw new CheckpointException(
                $"The checkpoint folder {this.folder} already holds {Path.GetFileName(newest)} of an earlier run. Set Resume to go on "
                + "from it, or choose another folder, or delete it.");
        }

        LetGo(Directory.EnumerateFiles(this.folder).Where(file => HalfWritten().IsMatch(Path.GetFileName(file))));
    }

    /// <summary>The newest checkpoint of a folder; null where there is none, or no folder.</summary>
    public static string? Newest(string folder) => Directory.Exists(folder) && Files(folder) is [var newest, ..] ? newest : null;

    /// <summary>Reads the newest checkpoint; null where there is none.</summary>
    /// <param name="identity">What decides this run.</param>
    /// <param name="adjustable">Entries of it that may be others than in the checkpoint.</param>
    /// <exception cref="CheckpointException">It cannot be read, or belongs to another run.</exception>
    public (string Name, CheckpointFile.Content Content, IReadOnlyList<RunDifference> Differences)? ReadNewest(
        SortedDictionary<string, string> identity, IReadOnlyCollection<string> adjustable)
    {
        if (Files(folder) is not [var newest, .. var earlier]) return null;
        CheckpointFile.Content content;
        try
        {
            content = CheckpointFile.Read(newest);
        }
        catch (InvalidDataException fault)
        {
            var remedy = earlier is [var previous, ..] ? $"to resume from {Path.GetFileName(previous)}"
                : "to begin anew; there is no earlier one";
            throw new CheckpointException(
                $"Checkpoint {newest} cannot be resumed: {fault.Message.TrimEnd('.')}. Delete that file {remedy}.", fault);
        }

        var differences = RunIdentity.Differences(content.Identity, identity);
        if (differences.Where(difference => difference.IsKnownToBoth && !difference.IsIn(adjustable)).ToArray() is { Length: > 0 } others)
        {
            content.Dispose();
            throw new CheckpointException(
                $"Checkpoint {newest} belongs to another run: {string.Join("; ", others.AsEnumerable())}. Use the values it was written "
                + "with, or choose another folder. "
                + "What may change when a run is resumed: its length, learning rate, regularisation and validation data; not the "
                    + "network's sizes, the training data, batches, or the seed "
                + "(leave it unset to take the checkpoint's).");
        }

        return (Path.GetFileName(newest), content, differences);
    }

    /// <summary>Writes a checkpoint and lets go of the oldest beyond the two newest.</summary>
    /// <exception cref="CheckpointException">It cannot be written; those before it are untouched.</exception>
    public void Write(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, RunState state, SortedDictionary<string, string> identity)
    {
        var path = Path.Combine(folder, $"checkpoint-{state.Step:D10}.safetensors");
        try
        {
            CheckpointFile.Write(path, tensors, state, identity);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                $"Checkpoint {path} cannot be written: {fault.Message} Those before it are untouched: make room or give access, then "
                + "set Resume to go on.", fault);
        }

        LetGo(Files(folder).Skip(Kept));
    }

    public void Dispose() => inUse.Dispose();

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
    private static string[] Files(string folder)
        => [.. Directory.EnumerateFiles(folder).Where(file => Whole().IsMatch(Path.GetFileName(file)))
            .OrderByDescending(Path.GetFileName, StringComparer.Ordinal)];

    [GeneratedRegex(@"\Acheckpoint-[0-9]{10}\.safetensors\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex(@"\Acheckpoint-[0-9]{10}\.safetensors\.writing\z", RegexOptions.CultureInvariant)]
    private static partial Regex HalfWritten();
}
