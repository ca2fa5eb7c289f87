using System.CommandLine;

namespace Bdia.Benchmarks;

/// <summary>Every suite as docs/performance.md publishes it.</summary>
internal static class AllCommand
{
    // What is published: enough repetitions for a median, little enough for about half an hour on two cores.
    private static readonly string[] Suites =
    [
        "training --methods Plain PlainCheckpointed PlainSqrtCheckpointed RevVit Reversible StoreActivations --steps 2 --repetitions 2 "
            + "--json {0}/training.json",
        "growth --json {0}/growth.json --plots {0}/plots",
        "sweep --json {0}/sweep.json --plots {0}/plots",
        "scoring --json {0}/scoring.json",
        "data --json {0}/data.json",
        "translation --json {0}/translation.json",
    ];

    public static Command Command(RootCommand root)
    {
        var folder = new Option<string>("--results") { Description = "Where all figures and plots go.",
            DefaultValueFactory = _ => "docs/results" };
        var resume = new Option<bool>("--resume") { Description = "Keep the figures that are there, and measure what is missing." };
        var command = new Command("all", "Runs every suite as it is published, then prints the targets.") { folder, resume };
        command.SetAction(async parse =>
        {
            Directory.CreateDirectory(parse.GetValue(folder)!);
            foreach (var suite in Suites)
            {
                var arguments = suite.Split(' ')
                    .Select(word => word.Replace("{0}", parse.GetValue(folder), StringComparison.Ordinal)).ToList();
                if (parse.GetValue(resume)) arguments.Add("--resume");
                await Console.Error.WriteLineAsync(string.Join(' ', arguments));
                if (await root.Parse(arguments).InvokeAsync() is not 0 and var code) return code;
            }

            return await root.Parse(["targets", "--results", parse.GetValue(folder)!]).InvokeAsync();
        });
        return command;
    }
}
