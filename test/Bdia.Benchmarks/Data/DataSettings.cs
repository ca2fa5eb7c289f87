using System.Text.Json.Serialization;

namespace Bdia.Benchmarks.Data;

/// <summary>What a process does with the data.</summary>
internal enum DataMethod
{
    /// <summary>Reads batches as fast as it can and throws them away.</summary>
    Pipeline,

    /// <summary>Trains on batches that were all made before: what no pipeline can beat.</summary>
    Ready,

    /// <summary>Trains as a user does: rows, augmentation and batches made beside the step.</summary>
    Training,
}

/// <summary>What the rows are.</summary>
internal enum DataKind
{
    /// <summary>Pictures of 32x32 that are drawn: random rectangles.</summary>
    Drawn,

    /// <summary>CIFAR-10 from its binary files.</summary>
    Cifar,

    /// <summary>Pairs of sentences of random words.</summary>
    Texts,
}

/// <summary>One contender of the data suite.</summary>
/// <param name="Method">What the process does.</param>
/// <param name="Kind">What the rows are.</param>
/// <param name="Folder">Where CIFAR-10 lies; null for rows that are made.</param>
/// <param name="Rows">Rows of an epoch.</param>
/// <param name="Batch">Pictures of a batch; of texts, tokens.</param>
/// <param name="InMemory">Whether pixels stay in memory. Otherwise the budget is 1 MiB: they are read anew in every epoch. Of texts, token
/// ids stay in memory always.</param>
/// <param name="Epochs">Timed ones, after one that is not.</param>
internal sealed record DataSettings(DataMethod Method, DataKind Kind, string? Folder, int Rows, int Batch, bool InMemory, int Epochs)
{
    /// <summary>Whether pictures undergo every kind of augmentation: TrivialAugment, crops, mixup or CutMix, erasing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Augmented { get; init; }

    public override string ToString() => $"{Kind}, {(InMemory ? "in memory" : "read anew")}{(Augmented ? ", augmented" : "")}, {Method}";
}

/// <summary>What one process measured over its timed epochs.</summary>
/// <param name="FirstPassSeconds">Reading all rows before the first epoch: labels, moments, tokenizers.</param>
/// <param name="Items">Rows that went through.</param>
/// <param name="Steps">Batches that went through.</param>
/// <param name="Seconds">All of it.</param>
/// <param name="WaitSeconds">Of these, what the training thread did not train: from the end of a step to the beginning of the next.</param>
internal sealed record DataFigures(double FirstPassSeconds, long Items, long Steps, double Seconds, double WaitSeconds);
