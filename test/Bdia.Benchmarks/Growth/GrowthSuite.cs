using System.CommandLine;
using Bdia.Benchmarks.Plots;
using Bdia.Benchmarks.Training;
using Bdia.Core.Operations;

namespace Bdia.Benchmarks.Growth;

/// <summary>
/// How the resident peak of reversible training grows with every block. Narrow and deep, with many pictures: states are large beside
/// weights, and what one block takes while it is computed, more or less of it by the allocator's chance, is small beside what all blocks
/// add.
/// </summary>
internal static class GrowthSuite
{
    private const double Kibibyte = 1 << 10, Mebibyte = 1 << 20;

    // The collector of .NET lets garbage stand up to a bound of its own. In a run of thousands of steps that is reached at any depth; in a
    // few steps it would grow with the number of blocks, by half a bit per element. So all depths pass through about as many blocks.
    private const int Blocks = 512;

    public static Command Command()
    {
        var width = new Option<int>("--width") { Description = "Features per token.", DefaultValueFactory = _ => 32 };
        var batch = new Option<int>("--batch") { Description = "Pictures in a step.", DefaultValueFactory = _ => 2048 };
        var side = new Option<int>("--side") { Description = "Width and height of the pictures in pixels; patches are of 4.",
            DefaultValueFactory = _ => 16 };
        var depths = SuiteOptions.Several("--depths", "Blocks, two numbers or more.", 32, 96, 160, 256);
        var exponents = SuiteOptions.Several("--exponents", "m of gamma = ±2^-m, one number or more.", 1, 3);
        var command = new Command("growth",
            "Bits that every block adds to the resident peak for an element of its state, beyond weights and optimizer.") { width,
            batch, side, depths, exponents };
        var suite = new SuiteOptions(repetitions: 2);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            var contenders = (from m in parse.GetValue(exponents)!
                              from depth in parse.GetValue(depths)!
                              select new TrainingSettings(TrainingMethod.Reversible, parse.GetValue(width), depth, parse.GetValue(side),
                                  parse.GetValue(batch), ComputePrecision.Float32, m, Steps: Math.Max(1, Blocks / depth))).ToArray();
            var results = suite.Open(parse);
            await TrainingSuite.Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), results);
            var growth = Read(results);
            Console.WriteLine($"Growth of the resident peak per block, width {growth[0].Settings.Width}, {growth[0].Settings.Tokens()} "
                + $"tokens, batch {growth[0].Settings.Batch}. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine(Table(growth));
            if (plots.Folder(parse) is { } folder) GrowthPlot.Save(Path.Combine(folder, "growth.png"), growth);
        });
        return command;
    }

    /// <summary>One summary for each m.</summary>
    public static IReadOnlyList<GrowthSummary> Read(ResultFile results)
        => [.. results.All<TrainingSettings, TrainingFigures>(ResultFile.Rows).Select(row => new TrainingSummary(row.Settings, row.Runs))
            .GroupBy(s => s.Settings with { Depth = 1, Steps = 1 }).Select(group => new GrowthSummary(group))];

    private static MarkdownTable Table(IReadOnlyList<GrowthSummary> growth)
    {
        var table = new MarkdownTable("m", "over idle MiB at depth", "growth per block KiB", "furthest off the line MiB",
            "bits per state element", "of these side information", "weights and optimizer per block KiB");
        foreach (var g in growth)
        {
            table.Add($"{g.Settings.Exponent}",
                string.Join(", ", g.Depths.Select(d => $"{d.Settings.Depth}: {d.OverIdleBytes / Mebibyte:F0}")),
                $"{g.BytesPerBlock / Kibibyte:F0}",
                $"{g.LargestResidualBytes / Mebibyte:F1}", $"{g.BitsPerElement:F2}", $"{g.SideInformationBitsPerElement:F2}",
                    $"{g.IdleBytesPerBlock / Kibibyte:F0}");
        }

        return table;
    }
}
