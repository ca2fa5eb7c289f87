namespace Bdia.Benchmarks.Fuzz;

/// <summary>A file that is altered, and what is done with it.</summary>
/// <param name="Name">What it is of.</param>
/// <param name="File">The file while it is whole.</param>
/// <param name="Alterations">The ways to alter it.</param>
/// <param name="Open">Uses a file as a program does, and says what became of it.</param>
internal sealed record FuzzSubject(string Name, byte[] File, IReadOnlyList<Alteration> Alterations, Func<byte[], FuzzOutcome> Open);

/// <summary>What became of a file.</summary>
/// <param name="Answer">What it answers, as one text with every bit; null where it does not.</param>
/// <param name="Name">The outcome, where there is no answer.</param>
/// <param name="Fault">What was thrown.</param>
internal sealed record FuzzOutcome(string? Answer, string Name, Exception? Fault)
{
    /// <summary>The name of what must not happen.</summary>
    public const string Broken = "NOT AS PROMISED";

    public static FuzzOutcome Answered(string answer) => new(answer, "", null);

    public static FuzzOutcome Of(string name, Exception fault) => new(null, name, fault);

    public static FuzzOutcome NotAsPromised(Exception fault) => new(null, Broken, fault);
}
