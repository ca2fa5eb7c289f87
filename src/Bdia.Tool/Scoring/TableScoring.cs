using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bdia.Core.Distributed;
using Bdia.Data;
using Bdia.Data.Files;
using Bdia.Data.Tables;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Models;
using Bdia.Tool.Training;
using Microsoft.ML;

namespace Bdia.Tool.Scoring;

/// <summary>What is scored, and where to.</summary>
internal sealed record ScoringOptions
{
    public required string Input { get; init; }
    public required string Output { get; init; }
    public bool HasHeader { get; init; } = true;

    /// <summary>The column that is read; null: the one that is known by its name.</summary>
    public string? Column { get; init; }

    /// <summary>Which part of the rows, 1 for the first, and of how many.</summary>
    public int Part { get; init; } = 1;
    public int Parts { get; init; } = 1;

    /// <summary>Rows of a part.</summary>
    public int PartRows { get; init; } = 1024;

    /// <summary>Whether what an earlier run has done is forgotten.</summary>
    public bool Restart { get; init; }

    /// <summary>The processes that share the work, in folders that all of them see.</summary>
    public RankGroup Ranks { get; init; } = RankGroup.Alone;
}

/// <summary>
/// Scores a table in parts of many rows, each a file of its own that is there whole or not at all; when all are there they become the
/// table. A run that is killed finds its parts again and goes on behind them. Parts begin at the same rows always, so that their batches,
/// and with them every bit of every score, are those of a run that nobody killed. Processes that share a run take the parts that are
/// missing by turns: it has the same bytes for any number of them, and goes on with another.
/// </summary>
internal sealed class TableScoring(SavedModel model, ScoringOptions options, ToolConsole console, CancellationToken stop)
{
    private static readonly string[] PictureNames = ["ImageSource", "image", "image.bytes", "path", "file", "filename", "ImagePath", "img",
        "img.bytes", "picture"];

    private static readonly string[] TextNames = ["Text", "Source", "sentence", "review", "message", "content", "prompt"];

    private readonly string folder = options.Output + ".parts";
    private readonly RankGroup ranks = options.Ranks;

    public int Run() => ranks.Guard(RunOnRank);

    private int RunOnRank()
    {
        var table = Table.Open(options.Input, options.HasHeader);
        var column = Column(table);
        var columns = Columns(table);
        if (!Table.Accepts(options.Output))
            throw new ToolException(ExitCode.CommandLine, $"OUT is {options.Output}. Let it end in .tsv, .csv, .jsonl or .parquet.");
        var run = Identity();
        if (ranks.IsFirst) Begin(run);
        // What is there is told by one of them, before any adds to it.
        var there = Encoding.UTF8.GetString(ranks.Broadcast(ranks.IsFirst ? Encoding.UTF8.GetBytes(string.Join('\n', Parts())) : null))
            .Split('\n').ToHashSet(StringComparer.Ordinal);
        if (!ranks.IsFirst) RequireSame(run);
        var (first, count) = Range(table);
        var (parts, missing) = (new List<string>(), 0);
        foreach (var rows in table.Rows().Skip((int)first).Take((int)count).Chunk(options.PartRows))
        {
            var number = parts.Count;
            parts.Add(Path.Combine(folder, Name(number)));
            if (there.Contains(Name(number)) || missing++ % ranks.Size != ranks.Rank) continue;
            if (stop.IsCancellationRequested)
                throw new ToolException(ExitCode.Cancelled, $"Stopped after {number * (long)options.PartRows:N0} of {count:N0} rows. The "
                    + "same command goes on from there.");
            Score(table, column, columns, rows, parts[^1]);
            console.Detail($"{Math.Min(count, parts.Count * (long)options.PartRows):N0} of {count:N0} rows");
        }

        ranks.Barrier(); // all parts are there
        if (ranks.IsFirst) Join(columns, parts, count);
        ranks.Barrier();
        return ExitCode.Success;
    }

    private void Join(IReadOnlyList<TableColumn> columns, IReadOnlyList<string> parts, long count)
    {
        TableFile.Join(options.Output, columns, parts);
        string[] faults = [.. parts.SelectMany(Bad)];
        Directory.Delete(folder, recursive: true);
        foreach (var fault in faults.Take(5)) console.Note(fault);
        if (faults.Length > 0) console.Note($"{faults.Length:N0} of {count:N0} rows could not be scored; their predictions are empty.");
        console.Say($"{count:N0} rows: {options.Output}");
    }

    private static string Name(int part) => $"{part:000000}";

    private static string[] Bad(string part) => File.Exists(part + ".bad") ? File.ReadAllLines(part + ".bad") : [];

    private void Score(Table table, int column, IReadOnlyList<TableColumn> columns, TableRow[] rows, string part)
    {
        var inputs = Path.GetDirectoryName(Path.GetFullPath(options.Input))!;
        var (used, faults) = (new List<TableRow>(rows.Length), new Dictionary<long, string>());
        foreach (var row in rows)
        {
            if (Fault(row, column, inputs) is { } fault) faults[row.Number] = fault;
            else used.Add(row);
        }

        var predictions = model.Task.Predict(new MLContext(1), model.Model, used.Select(row => Row(row, column, inputs)))
            .Zip(used, (prediction, row) => (row.Number, Prediction: prediction)).ToDictionary(item => item.Number, item
                => item.Prediction);
        foreach (var (row, prediction) in predictions)
            if (prediction.Fault is { } fault) faults[row] = fault;

        // Faults first: a part without them would be a part without bad rows.
        if (faults.Count > 0)
            WholeFile.Write(part + ".bad", stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                foreach (var (row, fault) in faults.OrderBy(fault => fault.Key)) writer.WriteLine($"row {row:N0}: {fault}");
            });
        TableFile.WritePart(part, options.Output, columns, rows.Select(row => (IReadOnlyList<object?>)
            [.. Kept(table, row), .. Answers(predictions.GetValueOrDefault(row.Number))]));
    }

    private object?[] Kept(Table table, TableRow row)
        => [.. table.Columns.Select((column, i) => column.Type == typeof(byte[]) && !KeepsBytes ? null : row.Values[i])];

    // Pictures stay where they can: not in lines of text.
    private bool KeepsBytes => options.Output.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    private static object?[] Answers(Prediction? prediction)
        => prediction is null or { Fault: not null } ? [null, null] : [prediction.Text, prediction.Score];

    private string? Fault(TableRow row, int column, string inputs)
    {
        if (row.Fault is not null) return row.Fault;
        if (row.Values[column] is null || row.Text(column).Length == 0) return "it has nothing to score";
        return model.Task is PictureTask && row.Values[column] is not byte[] && !File.Exists(Path.Combine(inputs, row.Text(column)))
            ? $"there is no file {row.Text(column)}" : null;
    }

    private DataRow Row(TableRow row, int column, string inputs) => model.Task is not PictureTask ? new("", row.Text(column), "")
        : new("", "", "", row.Values[column] is byte[] bytes ? () => bytes
            : () => File.ReadAllBytes(Path.Combine(inputs, row.Text(column))));

    private int Column(Table table)
    {
        var names = model.Task is PictureTask ? PictureNames : TextNames;
        return table.Index(options.Column ?? table.Find(names) ?? throw new InputException(
            $"{table.Path} has no column to score that is known by its name ({string.Join(", ", names.Take(6))}, ...). It has "
                + $"{string.Join(", ", table.Columns.Select(item => $"\"{item.Name}\""))}. Name one with "
                + $"{(model.Task is PictureTask ? "--image-col" : model.Task is TranslationTask ? "--source" : "--text-col")}."));
    }

    private TableColumn[] Columns(Table table)
    {
        var predicted = model.Task.HasClasses ? "PredictedLabel" : "PredictedText";
        foreach (var name in new[] { predicted, "Score" })
            if (table.Columns.Any(column => column.Name == name))
                throw new InputException($"{table.Path} has a column \"{name}\" already, which is what a prediction is called. Rename it.");
        return [.. table.Columns, new(predicted, typeof(string)), new("Score", typeof(float))];
    }

    // Which run the parts are of. Times of files are part of it: a file of one length may have been written anew.
    private string Identity() => JsonSerializer.Serialize(new
    {
        Model = Hash(model.Path), Input = Path.GetFullPath(options.Input), File.GetLastWriteTimeUtc(options.Input).Ticks,
        new FileInfo(options.Input).Length, options.HasHeader, options.Column, options.Part, options.Parts, options.PartRows,
    });

    private string RunFile => Path.Combine(folder, "run.json");

    private void Begin(string run)
    {
        try
        {
            if (options.Restart && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            if (File.Exists(RunFile) && File.ReadAllText(RunFile) != run)
                throw new OutputException($"{folder} has parts of another run (another model, input or options). Give --restart to forget "
                    + "them, or another OUT.");
            if (!File.Exists(RunFile)) WholeFile.Write(RunFile, stream => stream.Write(Encoding.UTF8.GetBytes(run)));
            else console.Note($"going on behind {Parts().Count():N0} parts that an earlier run has scored.");
        }
        catch (Exception fault) when (WholeFile.Explained(folder, fault) is { } explained)
        {
            throw explained;
        }
    }

    private IEnumerable<string> Parts()
        => Directory.GetFiles(folder).Where(file => Path.GetExtension(file).Length == 0).Select(file => Path.GetFileName(file));

    private void RequireSame(string run)
    {
        if (!File.Exists(RunFile))
            throw new OutputException($"Process {ranks.Rank} does not see {folder}, where process 0 keeps its parts. Give an OUT in a "
                + "folder that all processes share.");
        if (File.ReadAllText(RunFile) != run)
            throw new InputException($"Process {ranks.Rank} has another model, input or options than process 0. Start the same command "
                + "everywhere, on files that all processes share.");
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(stream));
    }

    private (long First, long Count) Range(Table table)
    {
        var all = table.Rows().LongCount();
        var (first, last) = (all * (options.Part - 1) / options.Parts, all * options.Part / options.Parts);
        return (first, last - first);
    }
}
