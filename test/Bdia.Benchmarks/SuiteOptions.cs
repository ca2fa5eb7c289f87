using System.CommandLine;

namespace Bdia.Benchmarks;

/// <summary>Options that suites have in common.</summary>
/// <param name="repetitions">How many processes each contender has by default.</param>
internal sealed class SuiteOptions(int repetitions = 3)
{
    public Option<FileInfo?> Json { get; } = new("--json") { Description = "Also write all figures to this file, after every process." };

    public Option<bool> Resume { get; } =
        new("--resume") { Description = "Keep the figures that the file of --json has, and measure what it lacks." };

    public Option<int> Repetitions { get; } =
        new("--repetitions") { Description = "Processes for each contender.", DefaultValueFactory = _ => repetitions };

    public void AddTo(Command command)
    {
        command.Options.Add(Json);
        command.Options.Add(Resume);
        command.Options.Add(Repetitions);
    }

    /// <summary>Where the figures of this call go.</summary>
    public ResultFile Open(ParseResult parse) => ResultFile.Open(parse.GetValue(Json), parse.GetValue(Resume));

    /// <summary>An option that takes one value or more.</summary>
    public static Option<T[]> Several<T>(string name, string description, params T[] values)
        => new(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => values };
}
