using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Bdia.Core.Native;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>
/// Alters model files, or checkpoints, at random, uses them, and counts what happened. Anything but what is promised ends in exit code 1.
/// </summary>
internal static class FuzzCommand
{
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    private static readonly Dictionary<string, Func<FuzzSubject>> models = new()
    {
        ["pictures"] = FuzzModel.Pictures, ["texts"] = FuzzModel.Texts, ["topics"] = FuzzModel.Topics, ["writing"] = FuzzModel.Writing,
    };

    public static Command Command()
    {
        var files = new Option<int>("--files") { Description = "Files to alter.", DefaultValueFactory = _ => 100_000 };
        var seed = new Option<int>("--seed") { Description = "Of the alterations; file i depends on it and on i alone.",
            DefaultValueFactory = _ => 1 };
        var first = new Option<int>("--first") { Description = "Number of the first file.", DefaultValueFactory = _ => 0 };
        var json = new Option<string?>("--json") { Description = "File for the counts." };
        var checkpoints = new Option<bool>("--checkpoints") { Description = "Alter checkpoints and resume from them, not models." };
        var kinds = SuiteOptions.Several("--models", "Models to alter, in turn.", models.Keys.ToArray());
        kinds.AcceptOnlyFromAmong([.. models.Keys]);
        var command = new Command("fuzz",
            "Alters files, with hashes as they were and with hashes made to fit, and counts what becomes of them.") { files,
            seed, first, json, checkpoints, kinds };
        command.SetAction(parse => Run(parse.GetValue(checkpoints) ? null : parse.GetValue(kinds), parse.GetValue(files),
            parse.GetValue(seed), parse.GetValue(first), parse.GetValue(json)));
        return command;
    }

    private static int Run(string[]? kinds, int files, int seed, int first, string? json)
    {
        FuzzSubject[] subjects = kinds is null ? [FuzzCheckpoint.Pictures()] : [.. kinds.Select(kind => models[kind]())];
        var whole = subjects.Select(subject => subject.Open(subject.File) is { Answer: { } answer } ? answer
            : throw new InvalidOperationException($"The file of {subject.Name} cannot be used as it is.")).ToArray();
        var (counts, broken, slowest, most) =
            (new SortedDictionary<(string, string, string), int>(), new List<string>(), TimeSpan.Zero, 0L);
        for (var i = first; i < first + files; i++)
        {
            var subject = subjects[i % subjects.Length];
            var alteration = subject.Alterations[i / subjects.Length % subject.Alterations.Count];
            var altered = alteration.Alter(subject.File, new Random(HashCode(seed, i)));
            var (watch, before) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes());
            var outcome = Limited(() => subject.Open(altered));
            var name = outcome.Answer is not { } answer ? outcome.Name
                : answer == whole[i % subjects.Length] ? "used, same answers"
                : alteration.Reseals ? "used, other answers" : FuzzOutcome.Broken;
            if (watch.Elapsed > slowest) slowest = watch.Elapsed;
            most = Math.Max(most, GC.GetTotalAllocatedBytes() - before);
            if (name == FuzzOutcome.Broken) broken.Add($"file {i}, {subject.Name}, {alteration.Name}: "
                + $"{outcome.Fault?.GetType().Name ?? "other answers"} {outcome.Fault?.Message}");
            var key = (subject.Name, alteration.Name, name);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            if ((i - first + 1) % 10_000 == 0) Console.Error.WriteLine($"{i - first + 1} files, {broken.Count} not as promised");
        }

        Report(counts, broken, slowest, most, json,
            $"dotnet run -c Release --project test/Bdia.Benchmarks -- fuzz --files {files} --seed {seed} --first {first}"
            + (kinds is null ? " --checkpoints" : $" --models {string.Join(' ', kinds)}"), files);
        return broken.Count == 0 ? 0 : 1;
    }

    /// <summary>
    /// What became of a file within a minute. Where nothing did, the thread is left to itself: .NET cannot end it.
    /// </summary>
    private static FuzzOutcome Limited(Func<FuzzOutcome> open)
    {
        FuzzOutcome? outcome = null;
        var thread = new Thread(() =>
        {
            BdiaRuntime.Threads = 1; // each thread has a number of its own
            outcome = open();
        }) { IsBackground = true };
        thread.Start();
        return thread.Join(TimeSpan.FromMinutes(1)) ? outcome! : FuzzOutcome.NotAsPromised(new TimeoutException("No end after a minute."));
    }

    private static int HashCode(int seed, int i) => unchecked((seed * 1_000_003) ^ (i * 7919));

    private static void Report(
        SortedDictionary<(string Model, string Alteration, string Outcome), int> counts, List<string> broken,
            TimeSpan slowest, long most, string? json, string command, int files)
    {
        Console.WriteLine("| file of | altered | what became of it | files |\n|---|---|---|---:|");
        foreach (var ((model, alteration, outcome), count) in counts)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {model} | {alteration} | {outcome} | {count:N0} |"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\nThe slowest file took {slowest.TotalMilliseconds:F0} ms, and the largest allocation for one was {most / 1e6:F1} MB. "
            + $"{broken.Count} of {files:N0} files were not as promised."));
        foreach (var line in broken.Take(50)) Console.WriteLine(line);
        if (json is null) return;
        File.WriteAllText(json, JsonSerializer.Serialize(
            new
            {
                command,
                files,
                notAsPromised = broken.Count,
                slowestMilliseconds = Math.Round(slowest.TotalMilliseconds),
                mostAllocatedBytes = most,
                counts = counts.Select(pair =>
                    new { model = pair.Key.Model, alteration = pair.Key.Alteration, outcome = pair.Key.Outcome, files = pair.Value }),
            }, indented));
    }
}
