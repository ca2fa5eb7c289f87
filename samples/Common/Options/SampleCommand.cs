using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace Bdia.Samples.Common.Options;

/// <summary>Runs a sample's command line.</summary>
internal static class SampleCommand
{
    /// <summary>Parses the arguments and runs the sample. A fault of the user's ends in one message and exit code 1.</summary>
    public static int Run(RootCommand root, string[] args, Func<ParseResult, int> sample)
    {
        // Texts are English, and so are the numbers in them, on every machine and every thread.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        root.SetAction(result => Guard.Run(() => sample(result)));
        // Ctrl+C belongs to the training run, which ends with the best model so far; errors belong to Guard.
        var result = root.Parse(args);
        if (result.Action is ParseErrorAction error) error.ShowHelp = false;
        return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The command line that runs a sample with these arguments.</summary>
    public static string Line(string project, string[] args)
        => $"dotnet run -c Release --project {project}" + string.Concat(args.Prepend("--").Skip(args.Length == 0 ? 1 : 0).Select(Quoted));

    private static string Quoted(string argument)
        => argument.Length == 0 || argument.Any(char.IsWhiteSpace) ? $" \"{argument}\"" : $" {argument}";
}
