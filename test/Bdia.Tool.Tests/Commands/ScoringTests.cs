using System.Diagnostics;
using Bdia.Core.Distributed;
using Bdia.Data.Tables;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Models;
using Bdia.Tool.Scoring;
using Bdia.Tool.Tests.Support;
using Microsoft.ML;

namespace Bdia.Tool.Tests.Commands;

[Collection(nameof(ModelTests))]
public sealed class ScoringTests(Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(".tsv", ".tsv")]
    [InlineData(".tsv", ".jsonl")]
    [InlineData(".csv", ".parquet")]
    [InlineData(".parquet", ".csv.gz")]
    [InlineData(".jsonl", ".jsonl")]
    public void Rows_come_back_in_their_order_with_predictions_and_bad_ones_are_named(string from, string to)
    {
        var texts = Enumerable.Range(0, 30).Select(i => i == 7 ? "" : $"late is my parcel {i}").ToArray();
        TableFile.Write(folder.At("in" + from), [new("id", typeof(string)), new("message", typeof(string))],
            texts.Select((text, i) => new object?[] { $"{i}", text }));

        var result = Command.Run("score", trained.Texts(), folder.At("in" + from), folder.At("out" + to), "--text-col", "message")
            .Succeeded();

        var scored = Table.Open(folder.At("out" + to));
        Assert.Equal(["id", "message", "PredictedLabel", "Score"], scored.Columns.Select(column => column.Name));
        Assert.Equal(texts.Select((text, i) => ($"{i}", text)), scored.Rows().Select(row => (row.Text(0), row.Text(1))));
        Assert.All(scored.Rows(), row => Assert.Equal(row.Number == 8, row.Text(2).Length == 0));
        Assert.Contains("row 8: it has nothing to score", result.Error, StringComparison.Ordinal);
        Assert.Contains("1 of 30 rows could not be scored", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.At("out" + to + ".parts")));
    }

    [Fact]
    public void Pictures_by_path_are_scored_and_those_that_are_none_are_named()
    {
        var model = trained.Pictures();
        folder.Write("a.png", Pictures.Png(2, 1));
        folder.Write("b.png", "no picture");
        folder.Write("in.csv", "path,note\na.png,x\nb.png,y\nc.png,z\na.png,\n");

        var result = Command.Run("score", model, folder.At("in.csv"), folder.At("out.csv")).Succeeded();

        var rows = Table.Open(folder.At("out.csv")).Rows().ToArray();
        Assert.Equal(["red", "", "", "red"], rows.Select(row => row.Text(2)));
        Assert.Equal(rows[0].Text(3), rows[3].Text(3));
        Assert.Contains("row 2: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("row 3: there is no file c.png", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_stopped_anywhere_goes_on_and_ends_with_the_same_bytes()
    {
        var input = Input(40);
        Score(input, folder.At("whole.tsv"), TestContext.Current.CancellationToken);
        for (var parts = 0; parts < 4; parts++)
        {
            var (output, at) = (folder.At($"stopped{parts}.tsv"), parts);
            using var stop = new CancellationTokenSource();
            if (parts == 0) stop.Cancel();
            var fault = Assert.Throws<ToolException>(() => Score(input, output, stop.Token, done =>
            {
                if (done == 10 * at) stop.Cancel();
            }));
            Assert.Equal(ExitCode.Cancelled, fault.Code);
            Assert.Equal(parts, Directory.GetFiles(output + ".parts").Count(file => Path.GetFileName(file).Length == 6));
            // What a killed process leaves: a part that was not yet whole.
            File.WriteAllText(Path.Combine(output + ".parts", $"{parts:000000}.writing"), "half a li");

            Score(input, output, TestContext.Current.CancellationToken);

            Assert.Equal(File.ReadAllBytes(folder.At("whole.tsv")), File.ReadAllBytes(output));
        }
    }

    [Fact]
    public async Task A_process_that_is_killed_loses_and_doubles_no_row()
    {
        var (input, output) = (Input(6000), folder.At("out.tsv"));
        var tool = Path.Combine(AppContext.BaseDirectory, "bdia.dll");
        using (var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet"
            ? path
            : "dotnet", ["exec", tool, "score", trained.Texts(), input, output, "-v", "q"]) { WorkingDirectory = folder.Root })!)
        {
            while (!process.HasExited && !File.Exists(Path.Combine(output + ".parts", "000001"))) 
                await Task.Delay(5, TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(File.Exists(output));
        Command.Run("score", trained.Texts(), input, output).Succeeded();
        Command.Run("score", trained.Texts(), input, folder.At("whole.tsv")).Succeeded();

        Assert.Equal(File.ReadAllBytes(folder.At("whole.tsv")), File.ReadAllBytes(output));
        Assert.Equal(Table.Open(input).Rows().Select(row => row.Text(0)), Table.Open(output).Rows().Select(row => row.Text(0)));
    }

    [Fact]
    public void Shards_one_behind_the_other_have_the_rows_of_the_whole()
    {
        var input = Input(23);
        Command.Run("score", trained.Texts(), input, folder.At("whole.tsv")).Succeeded();
        for (var i = 1; i <= 3; i++)
            Command.Run("score", trained.Texts(), input, folder.At($"{i}.tsv"), "--shard", $"{i}/3").Succeeded();

        Assert.Equal(Table.Open(folder.At("whole.tsv")).Rows().Select(row => (row.Text(0), row.Text(1))),
            Enumerable.Range(1, 3).SelectMany(i => Table.Open(folder.At($"{i}.tsv")).Rows()).Select(row => (row.Text(0), row.Text(1))));
        Command.Run("score", trained.Texts(), input, folder.At("x.tsv"), "--shard", "4/3").Failed(ExitCode.CommandLine, "--shard is 4/3");
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 2)]
    [InlineData(3, 1)] // no tree is needed
    public void Processes_that_share_a_run_end_with_its_bytes_also_where_it_was_stopped_and_goes_on_with_others(int before, int after)
    {
        var (input, output) = (Input(95), folder.At("out.tsv"));
        Score(input, folder.At("whole.tsv"), TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var stopped = OnRanks(before, rank => Score(input, output, stop.Token, done =>
        {
            if (done >= 40) stop.Cancel();
        }, rank));
        Assert.All(stopped, Assert.NotNull);
        Assert.False(File.Exists(output));
        Assert.NotEmpty(Directory.GetFiles(output + ".parts", "00000?"));

        Assert.All(OnRanks(after, rank => Score(input, output, TestContext.Current.CancellationToken, ranks: rank)), Assert.Null);

        Assert.Equal(File.ReadAllBytes(folder.At("whole.tsv")), File.ReadAllBytes(output));
        Assert.False(Directory.Exists(output + ".parts"));
    }

    [Fact]
    public void Processes_that_do_not_score_the_same_in_the_same_folder_end_all_of_them()
    {
        var (input, other) = (Input(20), folder.Write("other.tsv", "text\nlate is my parcel\n"));
        var ends = OnRanks(2, rank => Score(rank.IsFirst ? input : other, folder.At("out.tsv"), CancellationToken.None, ranks: rank));
        Assert.Contains("Process 1 has another model, input or options", ends[1]!.Message, StringComparison.Ordinal);
        Assert.Contains("Rank 1 has ended its run, and rank 0 with it", ends[0]!.Message, StringComparison.Ordinal);
        ends = OnRanks(2, rank => Score(input, folder.At(rank.IsFirst ? "out.tsv" : "elsewhere.tsv"), CancellationToken.None, ranks: rank));
        Assert.Contains("Give an OUT in a folder that all processes share", ends[1]!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("mpirun.openmpi", "--oversubscribe", "--mca", "btl_vader_single_copy_mechanism", "none")]
    [InlineData("mpirun.mpich")]
    public async Task Under_mpirun_the_processes_share_a_run(string mpirun, params string[] arguments)
    {
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(place => File.Exists(Path.Combine(place, mpirun))), $"{mpirun} is not installed");
        var (input, output) = (Input(3000), folder.At("out.tsv"));
        Command.Run("score", trained.Texts(), input, folder.At("whole.tsv")).Succeeded();

        var start = new ProcessStartInfo(mpirun, [.. arguments, "-np", "2", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory,
            "bdia.dll"), "score", trained.Texts(), input, output]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"; // containers do
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, await error);
        Assert.Equal(1, said.Split("3,000 rows: ").Length - 1);
        Assert.Equal(File.ReadAllBytes(folder.At("whole.tsv")), File.ReadAllBytes(output));
    }

    [Fact]
    public void What_cannot_be_scored_is_told()
    {
        var (model, input) = (trained.Texts(), Input(3));
        Command.Run("score", model, input, folder.At("out.doc")).Failed(ExitCode.CommandLine, "Let it end in .tsv");
        Command.Run("score", model, folder.At("no.tsv"), folder.At("out.tsv")).Failed(ExitCode.Data, "There is no file");
        Command.Run("score", model, input, folder.At("out.tsv"), "--text-col", "words").Failed(ExitCode.Data, "no column \"words\"");
        Command.Run("score", trained.Pictures(), input, folder.At("out.tsv")).Failed(ExitCode.Data, "--image-col");
        Command.Run("score", folder.At("no.zip"), input, folder.At("out.tsv")).Failed(ExitCode.Model, "There is no model");
        Command.Run("score", folder.Write("bad.zip", "no model"), input, folder.At("out.tsv")).Failed(ExitCode.Model, "cannot be loaded");
        folder.Write("out.tsv.parts/run.json", "another run");
        Command.Run("score", model, input, folder.At("out.tsv")).Failed(ExitCode.Output, "Give --restart");
        Command.Run("score", model, input, folder.At("out.tsv"), "--restart").Succeeded();
        Command.Run("score", model, input, Path.Combine(folder.Write("file", ""), "out.tsv")).Failed(ExitCode.Output, "cannot be written");
    }

    private string Input(int rows) => folder.Write("in.tsv",
        "text\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{(i % 3 == 0 ? "late" : "pay")} is my parcel {i}\n")));

    /// <summary>What each process, a thread here, ends with; null where that is nothing.</summary>
    private static Exception?[] OnRanks(int size, Action<RankGroup> score)
    {
        var ends = new Exception?[size];
        var threads = InProcessRanks.Create(size).Select(ranks => new Thread(() => ends[ranks.Rank] = Record.Exception(() => score(ranks))))
            .ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return ends;
    }

    private void Score(string input, string output, CancellationToken stop, Action<int>? done = null, RankGroup? ranks = null)
    {
        using var model = SavedModel.Load(new MLContext(1), trained.Texts());
        var console = new ToolConsole(TextReader.Null, TextWriter.Null, new Told(done), isTerminal: false)
        {
            Verbosity = Verbosity.Diagnostic,
        };
        new TableScoring(model, new()
        {
            Input = input, Output = output, PartRows = 10, Ranks = ranks ?? RankGroup.Alone,
        }, console, stop).Run();
    }

    private sealed class Told(Action<int>? done) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            if (value!.EndsWith(" rows", StringComparison.Ordinal)) done?.Invoke(int.Parse(value.Split(' ')[0]));
        }
    }
}
