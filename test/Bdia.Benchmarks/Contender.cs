using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Bdia.Benchmarks.Training;

namespace Bdia.Benchmarks;

/// <summary>Runs one contender in a process of its own, so that its resident peak is its own and no allocator history is shared.</summary>
internal static class Contender
{
    private const string CommandName = "contender";

    /// <summary>The hidden command that a child process runs: settings as JSON in, figures as JSON out.</summary>
    public static Command Command()
    {
        var settings = new Argument<string>("settings");
        var command = new Command(CommandName, "Runs one contender and prints its figures as JSON.") { settings };
        command.Hidden = true;
        command.SetAction(parse => Console.WriteLine(JsonSerializer.Serialize(
            TrainingContender.Run(JsonSerializer.Deserialize<TrainingSettings>(parse.GetValue(settings)!)!))));
        return command;
    }

    /// <summary>Starts this program again for one contender and waits for its figures.</summary>
    public static async Task<TrainingFigures> RunAsync(TrainingSettings settings)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Contender).Assembly.Location);
        start.ArgumentList.Add(CommandName);
        start.ArgumentList.Add(JsonSerializer.Serialize(settings));
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The contender {settings} ended with exit code {process.ExitCode}.");
        return JsonSerializer.Deserialize<TrainingFigures>(output)!;
    }
}
