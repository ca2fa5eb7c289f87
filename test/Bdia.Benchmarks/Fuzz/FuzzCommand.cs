using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Bdia.Core.Native;
using Bdia.Core.Reversible;
using Microsoft.ML;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>
/// Alters model files at random, loads them, scores with what loads, and counts what happened. Anything but what is promised ends in exit
/// code 1.
/// </summary>
internal static class FuzzCommand
{
    private const string Same = "loaded, same answers", Other = "loaded, other answers",
        ScoringRefused = "loaded, scoring refused with a documented exception", Refused = "refused, entry named",
        RefusedByMLNet = "refused by ML.NET before our loader", Broken = "NOT AS PROMISED";

    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    private static readonly string[] Products = ["at Bdia.MLNet.", "at Bdia.Core."];

    public static Command Command()
    {
        var files = new Option<int>("--files") { Description = "Files to alter.", DefaultValueFactory = _ => 100_000 };
        var seed = new Option<int>("--seed") { Description = "Of the alterations; file i depends on it and on i alone.",
            DefaultValueFactory = _ => 1 };
        var first = new Option<int>("--first") { Description = "Number of the first file.", DefaultValueFactory = _ => 0 };
        var json = new Option<string?>("--json") { Description = "File for the counts." };
        var command = new Command("fuzz",
            "Alters model files, with hashes as they were and with hashes made to fit, and counts what becomes of them.") { files,
            seed, first, json };
        command.SetAction(parse => Run(parse.GetValue(files), parse.GetValue(seed), parse.GetValue(first), parse.GetValue(json)));
        return command;
    }

    private static int Run(int files, int seed, int first, string? json)
    {
        BdiaRuntime.Threads = 1;
        FuzzModel[] models = [FuzzModel.Pictures(), FuzzModel.Texts()];
        var whole = models.Select(model => Load(model, model.File).Answer
            ?? throw new InvalidOperationException($"The {model.Name} model does not load as it is.")).ToArray();
        var (counts, broken, slowest, most) =
            (new SortedDictionary<(string, string, string), int>(), new List<string>(), TimeSpan.Zero, 0L);
        for (var i = first; i < first + files; i++)
        {
            var (which, alteration) = (i % models.Length, Alterations.All[i / models.Length % Alterations.All.Count]);
            var altered = alteration.Alter(models[which].File, new Random(HashCode(seed, i)));
            var (watch, before) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes());
            var (answer, outcome, fault) = Load(models[which], altered);
            if (answer is not null) outcome = answer == whole[which] ? Same : alteration.Reseals ? Other : Broken;
            if (watch.Elapsed > slowest) slowest = watch.Elapsed;
            most = Math.Max(most, GC.GetTotalAllocatedBytes() - before);
            if (outcome == Broken) broken.Add(
                $"file {i}, {models[which].Name}, {alteration.Name}: {fault?.GetType().Name ?? "other answers"} {fault?.Message}");
            var key = (models[which].Name, alteration.Name, outcome);
            counts[key] = counts.GetValueOrDefault(key) + 1;
            if ((i - first + 1) % 10_000 == 0) Console.Error.WriteLine($"{i - first + 1} files, {broken.Count} not as promised");
        }

        Report(counts, broken, slowest, most, json, files, seed);
        return broken.Count == 0 ? 0 : 1;
    }

    private static (string? Answer, string Outcome, Exception? Fault) Load(FuzzModel model, byte[] file)
    {
        ITransformer loaded;
        try
        {
            loaded = new MLContext().Model.Load(new MemoryStream(file), out _);
        }
        catch (Exception fault)
        {
            var cause = fault.GetBaseException();
            if (cause is InvalidDataException && cause.Message.Contains("'Model.", StringComparison.Ordinal)) return (null, Refused, cause);
            return (null, Products.Any(name => Trace(fault).Contains(name, StringComparison.Ordinal)) ? Broken : RefusedByMLNet, cause);
        }

        try
        {
            return (model.Answer(loaded), "", null);
        }
        // What a model asks for that was altered: another column, a state beyond the grid, the other answers are too many to name.
        catch (Exception fault) when (fault.GetBaseException() is ArgumentException or InvalidDataException
            or ReversibilityException or InvalidOperationException or NotFiniteNumberException)
        {
            return (null, ScoringRefused, fault.GetBaseException());
        }
        catch (Exception fault)
        {
            return (null, Broken, fault.GetBaseException());
        }
        finally
        {
            (loaded as IDisposable)?.Dispose();
        }
    }

    private static string Trace(Exception? fault) => fault is null ? "" : fault.StackTrace + Trace(fault.InnerException);

    private static int HashCode(int seed, int i) => unchecked((seed * 1_000_003) ^ (i * 7919));

    private static void Report(
        SortedDictionary<(string Model, string Alteration, string Outcome), int> counts, List<string> broken,
            TimeSpan slowest, long most, string? json, int files, int seed)
    {
        Console.WriteLine("| model | altered | what became of it | files |\n|---|---|---|---:|");
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
                command = $"dotnet run -c Release --project test/Bdia.Benchmarks -- fuzz --files {files} --seed {seed}",
                files,
                notAsPromised = broken.Count,
                slowestMilliseconds = Math.Round(slowest.TotalMilliseconds),
                mostAllocatedBytes = most,
                counts = counts.Select(pair =>
                    new { model = pair.Key.Model, alteration = pair.Key.Alteration, outcome = pair.Key.Outcome, files = pair.Value }),
            }, indented));
    }
}
