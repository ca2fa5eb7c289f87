namespace Bdia.Samples.Common.Options;

/// <summary>The folder that a run's checkpoints go to.</summary>
internal static class Checkpoints
{
    /// <summary>
    /// Makes way for a new run: the trainer refuses a folder that holds another run's checkpoints, so those in the sample's own
    /// folder are moved aside. A folder that the user named stays as it is.
    /// </summary>
    public static T Prepare<T>(T options, Action<string> note) where T : RunOptions
    {
        if (options.CheckpointDirectory is not null) return options;
        var folder = Path.Combine(options.Output, "checkpoints");
        var exists = Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
        if (options.Resume && !exists) note($"There is no checkpoint in {folder} to resume: the run begins at the beginning.");
        if (!options.Resume && exists)
        {
            var aside = folder + "-previous";
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
            Directory.Move(folder, aside);
        }

        return options with { CheckpointDirectory = folder };
    }
}
