using Bdia.Core.Common;

namespace Bdia.MLNet.Trainers;

/// <summary>What trainers require of the options that steer them; the engine's records check their own.</summary>
internal static class TrainerFaults
{
    /// <summary>Notes column names that are empty.</summary>
    public static void RequireNames(this OptionFaults faults, params ReadOnlySpan<(string Option, string? Name)> columns)
    {
        foreach (var (option, name) in columns)
        {
            if (string.IsNullOrEmpty(name))
                faults.Add($"{option} is empty; give the name of a column.");
        }
    }

    /// <summary>Notes column names that are the same.</summary>
    public static void RequireDifferent(this OptionFaults faults, params ReadOnlySpan<(string Option, string? Name)> columns)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            for (var j = i + 1; j < columns.Length; j++)
            {
                if (columns[i].Name == columns[j].Name)
                    faults.Add($"{columns[i].Option} and {columns[j].Option} are both '{columns[i].Name}'; they must differ.");
            }
        }
    }

    /// <summary>Notes a value that its enumeration does not have.</summary>
    public static void RequireDefined<T>(this OptionFaults faults, string option, T value) where T : struct, Enum
        => faults.Require(Enum.IsDefined(value), option, value, Alternatives(Enum.GetNames<T>()));

    /// <summary>Notes what is wrong with the options that steer any trainer.</summary>
    public static void RequireSteering(this OptionFaults faults, BdiaTrainerOptions options)
    {
        faults.Require(options.ScoringBatchSize is >= 1
            and <= BdiaTransformer.MaxScoringBatchSize, nameof(options.ScoringBatchSize), options.ScoringBatchSize,
            $"1..{BdiaTransformer.MaxScoringBatchSize}");
        if (DeviceChoice.Fault(options.Device) is { } device)
            faults.Add(device + ".");
        if (options.CheckpointEverySteps > 0 && options.CheckpointDirectory is null)
            faults.Add($"CheckpointEverySteps is {options.CheckpointEverySteps}, but CheckpointDirectory is null, so none would be "
                + "written; give a folder.");
    }

    private static string Alternatives(string[] names)
        => names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} or {names[^1]}";
}
