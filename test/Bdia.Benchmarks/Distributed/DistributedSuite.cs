using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Bdia.Benchmarks.Distributed;

/// <summary>Steps that several processes of one thread share: rows per second against one process, and what messages take.</summary>
internal static class DistributedSuite
{
    private const double Mebibyte = 1 << 20;

    /// <summary>Starts the ranks of a run, in a process of its own.</summary>
    public static Contender<DistributedSettings, DistributedFigures> Contender { get; } = new("distributed-contender", Start);

    public static Command Command()
    {
        var shapes = SuiteOptions.Several("--shapes", "Width and depth of the networks.", "256x24", "512x6");
        var ranks = SuiteOptions.Several("--ranks", "Numbers of processes, powers of two.", 2);
        var rows = new Option<int>("--rows") { Description = "Pictures in a step for each process.", DefaultValueFactory = _ => 64 };
        var parts = new Option<int>("--parts") { Description = "Parts of a step for each process.", DefaultValueFactory = _ => 4 };
        var steps = new Option<int>("--steps") { Description = "Steps that are timed.", DefaultValueFactory = _ => 5 };
        var ways = SuiteOptions.Several("--ways", "What each process keeps of moments and gradients.", RankWay.Whole);
        var launch = new Option<string>("--launch")
        {
            Description = "What starts the processes, without their number.",
            DefaultValueFactory = _ => "mpirun --oversubscribe --bind-to none",
        };
        var command = new Command("distributed", "Rows per second of training that several processes of one thread share.")
        {
            shapes, ranks, rows, parts, steps, ways, launch,
        };
        var suite = new SuiteOptions(repetitions: 3);
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var (own, each, counts) = (parse.GetValue(rows), parse.GetValue(parts), parse.GetValue(ranks)!);
            var contenders = new List<DistributedSettings>();
            foreach (var shape in parse.GetValue(shapes)!.Select(shape => shape.Split('x').Select(int.Parse).ToArray()))
            {
                var one = new DistributedSettings(shape[0], shape[1], 1, own, 0, 1, parse.GetValue(steps), parse.GetValue(launch)!);
                contenders.Add(one);
                contenders.Add(one with { Parts = each });
                foreach (var count in counts)
                {
                    contenders.Add(one with { Parts = each, Copies = count });
                    foreach (var way in parse.GetValue(ways)!)
                        contenders.Add(one with { Ranks = count, Rows = count * own, Parts = count * each, Way = way });
                }
            }

            var results = suite.Open(parse);
            var figures = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), results);
            Console.WriteLine($"Steps of one thread per process. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine(Table(contenders, figures));
        });
        return command;
    }

    private static MarkdownTable Table(List<DistributedSettings> contenders, List<DistributedFigures>[] figures)
    {
        var table = new MarkdownTable("network", "processes", "s per step", "rows/s", "/ one, not shared", "/ one, in parts",
            "waits, % of the step", "processor ms per row", "sent per rank, MiB", "/ gradients", "weights") { TextColumns = 2 };
        for (var i = 0; i < contenders.Count; i++)
        {
            var settings = contenders[i];
            var run = figures[i].OrderBy(each => each.StepSeconds).ElementAt(figures[i].Count / 2);
            table.Add($"{settings.Width}x{settings.Depth}",
                settings.Copies > 1 ? $"{settings.Copies} that know nothing of each other" : settings.Ranks > 1
                    ? $"{settings.Ranks} ranks{(settings.Way == RankWay.Whole ? "" : $", {settings.Way}")}"
                    : settings.Parts == 0 ? "1, not shared" : $"1, {settings.Parts} parts",
                $"{run.StepSeconds:F2}", $"{Rate(i):F2}",
                $"{Rate(i) / Rate(contenders.FindIndex(each => Alike(each) && each.Parts == 0)):F2}",
                $"{Rate(i) / Rate(contenders.FindIndex(each => Alike(each) && each is { Ranks: 1, Copies: 1, Parts: > 0 })):F2}",
                $"{100 * run.WaitedSeconds / run.StepSeconds:F1}",
                $"{1000 * figures[i].Average(each => each.ProcessorSeconds) * settings.Ranks / settings.Rows:F1}",
                $"{run.SentBytes / Mebibyte:F1}",
                $"{(double)run.SentBytes / run.GradientBytes:F3}", run.Hash);

            bool Alike(DistributedSettings other) => (other.Width, other.Depth) == (settings.Width, settings.Depth);
        }

        return table;

        double Rate(int i) => contenders[i].Copies * contenders[i].Rows
            / figures[i].Select(each => each.StepSeconds).Order().ElementAt(figures[i].Count / 2);
    }

    /// <summary>Starts the processes of a run; of copies, gives the slowest.</summary>
    private static DistributedFigures Start(DistributedSettings settings)
    {
        var copies = Enumerable.Range(0, settings.Copies).Select(_ => Process(settings)).ToArray();
        var outputs = copies.Select(copy => copy.StandardOutput.ReadToEndAsync()).ToArray();
        foreach (var copy in copies)
        {
            copy.WaitForExit();
            if (copy.ExitCode != 0) throw new InvalidOperationException($"A process of {settings} ended with exit code {copy.ExitCode}.");
            copy.Dispose();
        }

        // mpirun may put signs of its terminal before a line.
        return outputs
            .Select(output => output.Result.Split('\n').Single(line => line.Contains(RankProgram.Marker, StringComparison.Ordinal)))
            .Select(line => JsonSerializer.Deserialize<DistributedFigures>(line.Split(RankProgram.Marker)[1])!)
            .MaxBy(figures => figures.StepSeconds)!;
    }

    private static Process Process(DistributedSettings settings)
    {
        string[] rank = [typeof(DistributedSuite).Assembly.Location, RankProgram.Name, JsonSerializer.Serialize(settings)];
        string[] launch = settings.Ranks > 1 ? [.. settings.Launch.Split(' '), "-np", $"{settings.Ranks}", "dotnet"] : ["dotnet"];
        var start = new ProcessStartInfo(launch[0], [.. launch[1..], .. rank]) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"; // containers do
        return System.Diagnostics.Process.Start(start)!;
    }
}
