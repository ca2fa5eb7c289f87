using System.Diagnostics;

namespace Bdia.Tool.Tests.Support;

/// <summary>Runs a program, and fails where it fails.</summary>
internal static class Shell
{
    public static string Run(string folder, Dictionary<string, string> environment, string program, params string[] arguments)
    {
        var (code, output, error) = Try(folder, environment, program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {output}{error}");
        return output;
    }

    /// <summary>Runs a program, and gives what it came to.</summary>
    public static (int Code, string Output, string Error) Try(string folder, Dictionary<string, string> environment, string program,
        params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
