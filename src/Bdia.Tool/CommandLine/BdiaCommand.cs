using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using Bdia.Core.Native;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.Data;
using Bdia.Data.Files;

namespace Bdia.Tool.CommandLine;

/// <summary>The command line <c>bdia</c>: parses, runs, and turns what goes wrong into a message and an exit code.</summary>
internal static class BdiaCommand
{
    /// <summary>Options that every command has.</summary>
    public static readonly Option<Verbosity> Verbosity = OptionKinds.Choice("--verbosity",
        "How much is said: q (errors alone), n, d (all that the trainer logs).", CommandLine.Verbosity.Normal, "-v");

    public static readonly Option<int?> Threads = OptionKinds.Count("--threads", "Threads that compute. [default: the physical cores]");

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="console">Where it reads and writes.</param>
    /// <param name="stop">Cancelled when a run is to end with what there is.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, ToolConsole console, CancellationToken stop)
    {
        // Texts are English, and so are the numbers in them, on every machine and every thread.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            var root = Root(new Invocation(console, args, stop));
            var result = root.Parse(OptionFile.Expand(args));
            if (result.Errors.Count > 0)
            {
                foreach (var error in result.Errors) console.Error(error.Message);
                return ExitCode.CommandLine;
            }

            return result.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = console.Output,
            });
        }
        // Whatever it is, whoever runs a command is served by the message and not by a stack trace.
        catch (Exception fault)
        {
            console.Error(Message(fault));
            if (console.Verbosity == CommandLine.Verbosity.Diagnostic) console.Detail(fault.ToString());
            return Code(fault);
        }
    }

    private static RootCommand Root(Invocation invocation)
    {
        var root = new RootCommand("Trains transformers in .NET: from pictures or texts to a model, a report, a console program and a web "
            + "API. Every command takes --options FILE, a JSON file with options by their names.");
        Command[] commands = [.. TrainCommands.All(invocation), InspectCommand.Create(invocation), PredictCommand.Create(invocation),
            EvaluateCommand.Create(invocation), ScoreCommand.Create(invocation), ExportCommand.Create(invocation),
            InfoCommand.Create(invocation)];
        foreach (var command in commands)
        {
            command.Options.Add(Verbosity);
            command.Options.Add(Threads);
            root.Subcommands.Add(command);
        }

        return root;
    }

    private static int Code(Exception fault) => fault switch
    {
        ToolException known => known.Code,
        OperationCanceledException => ExitCode.Cancelled,
        _ when Within(fault).Any(cause => cause is OutputException) => ExitCode.Output,
        _ when Within(fault).Any(cause => cause is InputException or InvalidDataException) => ExitCode.Data,
        TimeoutException or TrainingDivergedException or ReversibilityException => ExitCode.Training,
        NativeLibraryMissingException => ExitCode.Fault,
        _ when WholeFile.IsFull(fault) => ExitCode.Output,
        _ => ExitCode.Fault,
    };

    private static IEnumerable<Exception> Within(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException) yield return cause;
    }

    /// <summary>The message, and those of its causes that say more.</summary>
    private static string Message(Exception fault)
    {
        var messages = new List<string>();
        foreach (var cause in Within(fault))
            if (!messages.Any(said => said.Contains(cause.Message.TrimEnd('.'), StringComparison.Ordinal))) messages.Add(cause.Message);
        return string.Join(Environment.NewLine + "  because: ", messages);
    }
}

/// <summary>What a command is run with.</summary>
/// <param name="Console">Where it reads and writes.</param>
/// <param name="Args">The command line, for the record.</param>
/// <param name="Stop">Cancelled when the run is to end with what there is.</param>
internal sealed record Invocation(ToolConsole Console, string[] Args, CancellationToken Stop)
{
    /// <summary>The command line, as it is typed.</summary>
    public string Line => "bdia " + string.Join(' ', Args.Select(argument =>
        argument.Length == 0 || argument.Any(char.IsWhiteSpace) ? $"\"{argument}\"" : argument));

    /// <summary>Makes a command do something, with what all commands have in common.</summary>
    public void Act(Command command, Func<ParseResult, int> action) => command.SetAction(result =>
    {
        Console.Verbosity = result.GetValue(BdiaCommand.Verbosity);
        if (result.GetValue(BdiaCommand.Threads) is { } threads) BdiaRuntime.Threads = threads;
        return action(result);
    });
}
