namespace Bdia.Core.Training;

/// <summary>An entry of two runs' identities that is not the same.</summary>
/// <param name="Name">The entry, as "Record.Option" or "What.SHA-256".</param>
/// <param name="There">Its value in the checkpoint; null where the version that wrote it, or that run, had no such entry.</param>
/// <param name="Here">Its value in this run; null likewise.</param>
internal sealed record RunDifference(string Name, string? There, string? Here)
{
    private const string HashEnding = ".SHA-256", RowsEnding = ".Rows";

    /// <summary>
    /// Whether both have a value. What only one of two versions knows cannot be compared; rows and tokenizers, which have hashes, tell what
    /// came of it.
    /// </summary>
    public bool IsKnownToBoth => There is not null && Here is not null;

    /// <summary>Whether it belongs to one of some entries, or of their parts.</summary>
    public bool IsIn(IEnumerable<string> names) => names.Any(name => Name == name || Name.StartsWith(name + ".", StringComparison.Ordinal));

    /// <summary>As people know it: the option without the record that holds it; hashes by what they are of.</summary>
    public override string ToString() => Name switch
    {
        _ when Name.EndsWith(HashEnding, StringComparison.Ordinal) => Changed($"{Words(Name[..^HashEnding.Length])} differ"),
        _ when Name.EndsWith(RowsEnding, StringComparison.Ordinal) =>
            $"{Words(Name[..^RowsEnding.Length])} have {Here ?? "no"} usable rows here and {There ?? "no"} in the checkpoint",
        _ => $"{Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..]} is {There ?? "not stated"} in the checkpoint and "
            + $"{Here ?? "not an option"} here",
    };

    private string Changed(string differ)
        => There is null ? $"{differ}: the checkpoint has none" : Here is null ? $"{differ}: here are none" : differ;

    private static string Words(string name) => name switch
    {
        "TrainingData" => "the training data",
        "ValidationData" => "the validation data",
        "SourceTokenizer" => "the tokens of the source's tokenizer",
        "TargetTokenizer" => "the tokens of the target's tokenizer",
        _ => name,
    };
}
