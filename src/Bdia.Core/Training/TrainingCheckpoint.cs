using System.Globalization;
using System.Text;

namespace Bdia.Core.Training;

/// <summary>What can be known of a checkpoint before its run goes on.</summary>
public static class TrainingCheckpoint
{
    /// <summary>The seed of the run whose newest checkpoint a folder holds: a run that is to go on from it needs the same.</summary>
    /// <param name="folder">A <see cref="TrainingOptions.CheckpointDirectory"/>; it need not exist.</param>
    /// <returns>Null where there is no checkpoint.</returns>
    /// <exception cref="CheckpointException">The newest checkpoint is damaged; the message says what to do.</exception>
    public static ulong? SeedIn(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Read<ulong>(folder, identity => identity.TryGetValue(RunIdentity.Seed, out var text)
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed
                : throw new InvalidDataException("it states no seed"));
    }

    /// <summary>The optimizer of the run that is to be gone on with; null where a run begins anew. Ranks take what rank 0 sees.</summary>
    /// <exception cref="CheckpointException">The newest checkpoint is damaged; the message says what to do.</exception>
    internal static OptimizerKind? OptimizerOf(TrainingOptions options)
    {
        if (options.Distributed is not { Ranks: { Size: > 1 } ranks }) return OwnOptimizerOf(options);
        var text = ranks.Broadcast(ranks.IsFirst ? Encoding.UTF8.GetBytes($"{OwnOptimizerOf(options)}") : null);
        return text.Length == 0 ? null : Enum.Parse<OptimizerKind>(Encoding.UTF8.GetString(text));
    }

    private static OptimizerKind? OwnOptimizerOf(TrainingOptions options)
        => options is { Resume: true, CheckpointDirectory: { } folder }
            ? Read<OptimizerKind>(folder, identity => Enum.TryParse<OptimizerKind>(RunIdentity.Optimizer(identity), out var optimizer)
                ? optimizer : throw new InvalidDataException($"it states the optimizer {RunIdentity.Optimizer(identity)}")) : null;

    private static T? Read<T>(string folder, Func<IReadOnlyDictionary<string, string>, T> value) where T : struct
    {
        if (CheckpointFolder.Newest(folder) is not { } newest) return null;
        try
        {
            return value(CheckpointFile.ReadIdentity(newest));
        }
        catch (InvalidDataException fault)
        {
            throw new CheckpointException(
                $"Checkpoint {newest} cannot be resumed: {fault.Message.TrimEnd('.')}. Delete that file to go on from the one before "
                + "it, or to begin anew.", fault);
        }
    }
}
