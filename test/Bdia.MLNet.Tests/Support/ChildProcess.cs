using System.Diagnostics;

namespace Bdia.MLNet.Tests.Support;

/// <summary>A test that runs in a process of its own: one that is marked explicit, so that nothing else runs it.</summary>
internal static class ChildProcess
{
    private const string FolderVariable = "BDIA_TEST_MODEL_FOLDER";

    /// <summary>In the child: the folder that it shares with its parent.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(FolderVariable)!;

    /// <summary>Runs a test of a class, and fails where it fails.</summary>
    /// <param name="folder">The folder that both share.</param>
    /// <param name="test">Name of the test.</param>
    /// <param name="assembly">Another copy of the test assembly; null = this one.</param>
    /// <param name="variables">Environment of the child.</param>
    /// <returns>What the child printed.</returns>
    public static string Run<TTests>(string folder, string test, string? assembly = null, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet",
            ["exec", assembly ?? typeof(TTests).Assembly.Location, "-method", $"{typeof(TTests).FullName}.{test}", "-explicit", "only"])
        {
            Environment = { [FolderVariable] = folder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{output.Result}{errors.Result}");
        return output.Result + errors.Result;
    }
}
