using System.Globalization;
using Bdia.Data;
using Bdia.Tool.CommandLine;

namespace Bdia.Tool.Training;

/// <summary>The folder that a run's checkpoints go to.</summary>
internal static class Checkpoints
{
    private const string EpochsFile = "checkpoints.epochs";

    /// <summary>
    /// The folder, ready for a run: the trainer refuses one with checkpoints of another run, so that those are moved aside where a run is
    /// not gone on with.
    /// </summary>
    public static string Prepare(TrainOptions options, Action<string> note)
    {
        var folder = Folder(options);
        var exists = Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
        if (options.Resume && !exists) note($"there is no checkpoint in {folder} to go on from: the run begins at the beginning.");
        try
        {
            if (!options.Resume && exists)
            {
                var aside = folder + "-previous";
                if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
                Directory.Move(folder, aside);
            }

            Directory.CreateDirectory(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The folder of checkpoints {folder} cannot be made ready ({fault.Message.TrimEnd('.')}). Choose "
                + "another place with --output.", fault);
        }

        return folder;
    }

    /// <summary>Keeps the epochs of a run, for one that goes on with it.</summary>
    public static void KeepEpochs(TrainOptions options, int epochs)
        => File.WriteAllText(options.At(EpochsFile), epochs.ToString(CultureInfo.InvariantCulture));

    /// <summary>The epochs of the run that is gone on with; null where nothing tells.</summary>
    public static int? Epochs(TrainOptions options)
        => File.Exists(options.At(EpochsFile)) && int.TryParse(File.ReadAllText(options.At(EpochsFile)), NumberStyles.None,
            CultureInfo.InvariantCulture, out var epochs) ? epochs : null;

    private static string Folder(TrainOptions options) => options.At("checkpoints");
}
