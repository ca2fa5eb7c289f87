using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Bdia.Core.Distributed;
using Bdia.Core.Mpi;
using Bdia.Tool.Models;
using Bdia.Tool.Scoring;
using Microsoft.ML;
using static Bdia.Tool.CommandLine.OptionKinds;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia score</c>: a table in, the same rows with predictions out.</summary>
internal static partial class ScoreCommand
{
    // Parts are not all as long, and the last one may keep the others waiting.
    private static readonly TimeSpan longestWait = TimeSpan.FromDays(1);

    public static Command Create(Invocation invocation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var input = new Argument<string>("IN") { Description = "A table: .tsv, .csv, .jsonl (also .gz) or .parquet." };
        var output = new Argument<string>("OUT") { Description = "A table of the same kinds." };
        var (image, text, source) = (Text("--image-col", "COLUMN", "Column of paths or pictures."),
            Text("--text-col", "COLUMN", "Column of texts."), Text("--source", "COLUMN", "Column of texts to translate."));
        var header = new Option<bool>("--has-header") { Description = "Whether IN has names.", DefaultValueFactory = _ => true };
        var shard = Text("--shard", "I/N", "Score the I-th of N parts of the rows alone; the outputs of all parts, one behind the other, "
            + "have "
            + "the rows of the whole.");
        var restart = Switch("--restart", "Forget what an earlier run into OUT has done.");
        var command = new Command("score", "Scores the rows of a table, in their order. A run that was killed goes on where it was, when "
            + "it is started again: no row is lost or doubled. Under mpirun the processes share the work, in folders that all of them see.")
        {
            model, input, output, image, text, source, header, shard, restart,
        };
        invocation.Act(command, result =>
        {
            var (part, parts) = Shard(result.GetValue(shard));
            // A shard is a process's own work, whatever has started it.
            using var ranks = result.GetValue(shard) is null ? MpiRanks.Join(new() { Timeout = longestWait }) : RankGroup.Alone;
            if (!ranks.IsFirst) invocation.Console.Verbosity = Verbosity.Quiet; // one voice for all of them
            using var loaded = SavedModel.Load(new MLContext(1), result.GetValue(model)!);
            return new TableScoring(loaded, new()
            {
                Input = result.GetValue(input)!, Output = result.GetValue(output)!, HasHeader = result.GetValue(header),
                Column = result.GetValue(image) ?? result.GetValue(text) ?? result.GetValue(source), Part = part, Parts = parts,
                Restart = result.GetValue(restart), Ranks = ranks,
            }, invocation.Console, invocation.Stop).Run();
        });
        return command;
    }

    private static (int Part, int Parts) Shard(string? text)
    {
        if (text is null) return (1, 1);
        if (ShardPattern().Match(text) is { Success: true } match && Number(match, 1) is var part && Number(match, 2) is var parts
            && part >= 1 && part <= parts) return (part, parts);
        throw new ToolException(ExitCode.CommandLine, $"--shard is {text}; give a part and their number, such as 2/4.");

        static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^([0-9]{1,6})/([0-9]{1,6})$")]
    private static partial Regex ShardPattern();
}
