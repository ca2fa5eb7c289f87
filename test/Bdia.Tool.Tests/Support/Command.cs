using Bdia.Tool.CommandLine;

namespace Bdia.Tool.Tests.Support;

/// <summary>Runs the command line in this process.</summary>
internal static class Command
{
    /// <summary>What a command came to.</summary>
    public sealed record Result(int Code, string Output, string Error)
    {
        public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public Result Succeeded()
        {
            Assert.True(Code == 0, $"exit code {Code}: {Error}");
            return this;
        }

        public Result Failed(int code, string says)
        {
            Assert.True(Code == code, $"exit code {Code}, not {code}: {Error}");
            Assert.Contains(says, Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
            return this;
        }
    }

    public static Result Run(params string[] args) => Fed("", args, TestContext.Current.CancellationToken);

    /// <summary>With a standard input, and a sign to stop.</summary>
    public static Result Fed(string input, string[] args, CancellationToken stop)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        using var console = new ToolConsole(new StringReader(input), output, error, isTerminal: false);
        var code = BdiaCommand.Run(args, console, stop);
        return new(code, output.ToString().ReplaceLineEndings("\n"), error.ToString());
    }
}
