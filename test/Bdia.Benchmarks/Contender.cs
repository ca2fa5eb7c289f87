using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Bdia.Benchmarks;

/// <summary>
/// A kind of contender: settings in, figures out, measured in a process of its own, so that its resident peak is its own and no
/// allocator history is shared.
/// </summary>
/// <typeparam name="TSettings">What a process is told; serialises to JSON.</typeparam>
/// <typeparam name="TFigures">What it measures; serialises to JSON.</typeparam>
/// <param name="name">Name of the hidden command that the child process runs.</param>
/// <param name="measure">Runs in the child process. What it prints goes nowhere.</param>
/// <param name="environment">Variables that the child process is started with, beside this one's; null for none.</param>
internal sealed class Contender<TSettings, TFigures>(string name, Func<TSettings, TFigures> measure,
    Func<TSettings, IEnumerable<(string Name, string Value)>>? environment = null)
{
    // Before the figures on standard output, where a library of the contender may print as well.
    private const string Marker = "figures:";

    /// <summary>The hidden command that a child process runs: settings as JSON in, figures as JSON out.</summary>
    public Command Command()
    {
        var settings = new Argument<string>("settings");
        var command = new Command(name, "Runs one contender and prints its figures as JSON.") { settings };
        command.Hidden = true;
        command.SetAction(parse => Console.WriteLine(
            Marker + JsonSerializer.Serialize(measure(JsonSerializer.Deserialize<TSettings>(parse.GetValue(settings)!)!))));
        return command;
    }

    /// <summary>
    /// Runs every contender in <paramref name="repetitions"/> processes, interleaved: a slow moment of the machine meets all of them.
    /// </summary>
    /// <param name="contenders">What to run.</param>
    /// <param name="repetitions">Processes for each; those that <paramref name="results"/> has already are not run again.</param>
    /// <param name="results">Takes the figures of every process.</param>
    /// <param name="section">Where in <paramref name="results"/>.</param>
    /// <param name="folder">Where the processes run; null for here.</param>
    /// <returns>The figures of all processes for each contender, in the order given.</returns>
    public async Task<List<TFigures>[]> RunAllAsync(IReadOnlyList<TSettings> contenders, int repetitions,
        ResultFile results, string section = ResultFile.Rows, string? folder = null)
    {
        for (var repetition = 0; repetition < repetitions; repetition++)
            foreach (var contender in contenders.Where(c => results.Runs<TSettings, TFigures>(section, c).Count <= repetition))
            {
                await Console.Error.WriteLineAsync($"run {repetition + 1} of {repetitions}: {contender}");
                results.Add(section, contender, await RunAsync(contender, folder));
            }

        return [.. contenders.Select(contender => results.Runs<TSettings, TFigures>(section, contender))];
    }

    /// <summary>Starts this program again for one contender and waits for its figures.</summary>
    private async Task<TFigures> RunAsync(TSettings settings, string? folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, WorkingDirectory = folder };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(
            typeof(Machine).Assembly.Location);
        start.ArgumentList.Add(name);
        start.ArgumentList.Add(JsonSerializer.Serialize(settings));
        foreach (var (variable, value) in environment?.Invoke(settings) ?? []) start.Environment[variable] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException(
            $"The contender {settings} ended with exit code {process.ExitCode}.");
        var line = output.Split('\n').Last(l => l.StartsWith(Marker, StringComparison.Ordinal));
        return JsonSerializer.Deserialize<TFigures>(line[Marker.Length..])!;
    }
}
