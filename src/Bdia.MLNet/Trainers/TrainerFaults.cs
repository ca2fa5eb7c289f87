namespace Bdia.MLNet.Trainers;

/// <summary>Collects every fault of a trainer's options, so that the user sees all of them in one message.</summary>
/// <param name="trainer">What users call the trainer by.</param>
internal sealed class TrainerFaults(string trainer)
{
    private readonly List<string> faults = [];

    /// <summary>Notes a fault, a whole sentence, where there is one.</summary>
    public void Add(string? fault)
    {
        if (fault is not null)
            faults.Add(fault);
    }

    /// <summary>Notes the faults of a part that checks itself.</summary>
    public void Include(Action validate)
    {
        try
        {
            validate();
        }
        catch (ArgumentException fault)
        {
            faults.Add(fault.Message);
        }
    }

    /// <summary>Notes column names that are empty.</summary>
    public void RequireNames(params ReadOnlySpan<(string Option, string? Name)> columns)
    {
        foreach (var (option, name) in columns)
        {
            if (string.IsNullOrEmpty(name))
                faults.Add($"{option} is empty; give the name of a column.");
        }
    }

    /// <summary>Notes column names that are the same.</summary>
    public void RequireDifferent(params ReadOnlySpan<(string Option, string? Name)> columns)
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

    /// <summary>Notes what is wrong with the options that steer a trainer itself; the engine checks its own.</summary>
    public void AddSteering(BdiaTrainerOptions options)
    {
        if (options.ScoringBatchSize is < 1 or > BdiaTransformer.MaxScoringBatchSize)
            faults.Add($"ScoringBatchSize is {options.ScoringBatchSize}; it must be 1..{BdiaTransformer.MaxScoringBatchSize}.");
        if (DeviceChoice.Fault(options.Device) is { } device)
            faults.Add(device + ".");
        if (options.CheckpointEverySteps > 0 && options.CheckpointDirectory is null)
            faults.Add($"CheckpointEverySteps is {options.CheckpointEverySteps}, but CheckpointDirectory is null, so none would be written; give a folder.");
    }

    /// <exception cref="ArgumentException">There was a fault; the message lists all of them.</exception>
    public void ThrowIfAny()
    {
        if (faults.Count > 0)
            throw new ArgumentException($"The options of {trainer} cannot be used. {string.Join(" ", faults)}", "options");
    }
}
