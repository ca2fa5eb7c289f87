using System.CommandLine;
using Bdia.Benchmarks.Plots;

namespace Bdia.Benchmarks.Reconstruction;

/// <summary>
/// What the grid is for: by how much x_0 is off when states are float32 as they come and are rebuilt by the inverse formula, against depth,
/// beside the same stack on the grid.
/// </summary>
internal static class ReconstructionSuite
{
    public static Contender<ReconstructionSettings, ReconstructionFigures> Contender { get; } =
        new("reconstruction-contender", ReconstructionContender.Measure);

    public static Command Command()
    {
        var depths = SuiteOptions.Several("--depths", "Blocks.", 6, 12, 24, 48, 96);
        var gammas = SuiteOptions.Several("--gammas", "Weights.", "1/4", "1/2", "3/4", "7/8", "1/1");
        var width = new Option<int>("--width") { Description = "Features per token.", DefaultValueFactory = _ => 128 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of a sequence.", DefaultValueFactory = _ => 65 };
        var batch = new Option<int>("--batch") { Description = "Sequences.", DefaultValueFactory = _ => 16 };
        var command = new Command("reconstruction", "How far rebuilt states are off without the grid, and with it.")
        {
            depths, gammas, width, tokens, batch,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        var plots = new PlotOption(command);
        command.SetAction(async parse =>
        {
            ReconstructionSettings[] contenders =
            [
                .. from gamma in parse.GetValue(gammas)!
                   from depth in parse.GetValue(depths)!
                   select new ReconstructionSettings(depth, gamma, parse.GetValue(width), parse.GetValue(tokens), parse.GetValue(batch),
                       Seed: 1),
            ];
            var figures = await Contender.RunAllAsync(contenders, 1, suite.Open(parse));
            var runs = contenders.Zip(figures, (settings, of) => (settings, of[0])).ToArray();
            Print(runs);
            if (plots.Folder(parse) is { } folder) ReconstructionPlot.Save(Path.Combine(folder, "reconstruction.png"), runs);
        });
        return command;
    }

    private static void Print((ReconstructionSettings Settings, ReconstructionFigures Figures)[] runs)
    {
        var depths = runs.Select(run => run.Settings.Depth).Distinct().ToArray();
        var table = new MarkdownTable([
            "gamma", .. depths.Select(depth => $"relative error of x_0 at depth {depth}"), "differing on the grid, of states",
        ]);
        foreach (var gamma in runs.GroupBy(run => run.Settings.Gamma))
            table.Add([
                ReconstructionPlot.Name(gamma.Key),
                .. gamma.Select(run => run.Figures.RelativeError is { } error ? $"{error:E1}" : "beyond float32"),
                $"{gamma.Sum(run => run.Figures.ElementsDiffering)} of {gamma.Sum(run => run.Figures.ElementsCompared):N0}",
            ]);
        Console.WriteLine(table);
    }
}
