using Bdia.Core.Training;
using Bdia.Data;
using Spectre.Console;

namespace Bdia.Tool.CommandLine;

/// <summary>How much is said.</summary>
internal enum Verbosity
{
    /// <summary>Errors alone.</summary>
    Quiet,

    /// <summary>What happens, and how far it is.</summary>
    Normal,

    /// <summary>All that the trainers log as well.</summary>
    Diagnostic,
}

/// <summary>Where a command reads and writes.</summary>
/// <param name="input">The standard input.</param>
/// <param name="output">The standard output: results, and what happens.</param>
/// <param name="error">The standard error: errors, and remarks where results go to the output.</param>
/// <param name="isTerminal">Whether a person watches.</param>
internal sealed class ToolConsole(TextReader input, TextWriter output, TextWriter error, bool isTerminal) : IDisposable
{
    private readonly IAnsiConsole ansi = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(output), Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });

    private TextWriter log = TextWriter.Null;

    public Verbosity Verbosity { get; set; } = Verbosity.Normal;

    /// <summary>Keeps all that is said, and all that is not for want of verbosity, in a file as well, line by line.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public void LogTo(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            log = new StreamWriter(path, append: false) { AutoFlush = true };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The log {path} cannot be written ({fault.Message.TrimEnd('.')}). Choose another file with "
                + "--log-file-path.", fault);
        }
    }

    public void Dispose() => log.Dispose();

    public TextReader Input => input;

    /// <summary>Results, which are written however much is said.</summary>
    public TextWriter Output => output;

    /// <summary>The line that failed, and why.</summary>
    public void Error(string message) => Write(error, true, $"Error: {message}");

    /// <summary>What happens.</summary>
    public void Say(string text) => Write(output, Verbosity > Verbosity.Quiet, text);

    /// <summary>What was left out or could not be done.</summary>
    public void Note(string text) => Write(error, Verbosity > Verbosity.Quiet, $"Note: {text}");

    /// <summary>What matters where something is looked into.</summary>
    public void Detail(string text) => Write(error, Verbosity == Verbosity.Diagnostic, text);

    private void Write(TextWriter writer, bool isSaid, string text)
    {
        if (isSaid) writer.WriteLine(text);
        lock (log) log.WriteLine(text); // the trainer reports from threads of its own
    }

    /// <summary>Trains with a bar where a person watches, and a line for every epoch everywhere.</summary>
    public T Watch<T>(string unit, ProgressRecord record, Func<IProgress<TrainingProgress>, T> train)
    {
        if (!isTerminal || Verbosity == Verbosity.Quiet) return train(new Lines(this, record, unit, null));
        return ansi.Progress().AutoClear(true).Columns(new SpinnerColumn(), new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
            new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context => train(new Lines(this, record, unit, context.AddTask("reading the data"))));
    }

    private sealed class Lines(ToolConsole console, ProgressRecord record, string unit, ProgressTask? bar) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            record.Report(value);
            var left = value.Remaining is { } time ? $"{(int)time.TotalMinutes}:{time.Seconds:00} left" : "";
            if (value.CompletedEpoch is { } epoch)
            {
                var held = epoch.Validation is { } figures ? $"; held back: loss {figures.Loss:f3}{Share(figures.Accuracy)}"
                    + (figures.Score is { } score ? $", BLEU {score:f1}" : "") : "";
                console.Say($"  epoch {epoch.Epoch,3}/{value.Epochs}: loss {epoch.TrainingLoss:f3}{Share(epoch.TrainingAccuracy)}{held}; "
                    + $"{value.ItemsPerSecond:f0} {unit}/s, {left}");
            }

            if (bar is null) return;
            bar.MaxValue = value.TotalSteps;
            bar.Value = value.Step;
            bar.Description = $"epoch {value.Epoch}/{value.Epochs}  loss {value.Loss:f3}  {value.ItemsPerSecond:f0} {unit}/s  {left}  "
                + $"{value.PeakResidentBytes / 1e6:f0} MB";
        }

        private static string Share(double? accuracy) => accuracy is { } share ? $", right {share:p1}" : "";
    }
}
