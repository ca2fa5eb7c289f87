using System.Diagnostics;
using Bdia.Core.Native;
using Bdia.Core.Training;
using Bdia.Data;
using Bdia.Samples.Common.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Spectre.Console;

namespace Bdia.Samples.Common.Reports;

/// <summary>What every sample says on the console.</summary>
internal abstract class RunConsole
{
    private readonly Stopwatch clock = Stopwatch.StartNew();

    protected RunConsole(RunOptions options)
    {
        foreach (var folder in new[] { options.Output, Folder(options.Save), Folder(options.Json), Folder(options.Report) })
            Create(folder);
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200; // a file does not wrap
        AnsiConsole.MarkupLineInterpolated($"[grey]{BdiaRuntime.Describe()}[/]");
    }

    /// <summary>Seconds since the run began.</summary>
    protected double Seconds => clock.Elapsed.TotalSeconds;

    /// <summary>Says what was left out or could not be done, and goes on.</summary>
    public void Note(string message) => AnsiConsole.MarkupLineInterpolated($"[yellow]Note: {message}[/]");

    /// <summary>Passes on what ML.NET and its trainers warn of.</summary>
    public void Log(object? sender, LoggingEventArgs e)
    {
        if (e.Kind >= ChannelMessageKind.Warning) Note($"{e.Source}: {e.RawMessage}");
    }

    /// <summary>Says so where training ended before its time.</summary>
    public void Training(TrainingResult training)
    {
        if (training.StopReason != StopReason.Completed)
            Note($"training was stopped after {training.Steps:N0} steps; what follows is the best model so far.");
    }

    /// <summary>Says where the files are, and how long it all took.</summary>
    protected void Files(params (string What, string Path)[] files)
    {
        AnsiConsole.WriteLine();
        foreach (var (what, path) in files) AnsiConsole.MarkupLineInterpolated($"  {what,-15} {path}");
        AnsiConsole.MarkupLineInterpolated($"[grey]{Seconds:f0} seconds in all[/]");
    }

    private static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The folder {folder} cannot be made. Choose another place with --output, --save, --json and "
                + "--report.", fault);
        }
    }

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;
}
