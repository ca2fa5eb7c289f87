using System.Diagnostics;

namespace Bdia.Tool.Tests.Support;

/// <summary>A browser of the machine's, without a window.</summary>
internal static class Chromium
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>Opens a page from a file, takes a picture of it, and gives what the browser wrote, messages of the page among it.</summary>
    public static async Task<string> Show(string page, TemporaryFolder folder, string picture)
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(path => Names.Select(name => Path.Combine(path, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "There is no Chromium on this machine (Debian's package: chromium).");
        var file = folder.Write("page.html", page);
        using var process = Process.Start(new ProcessStartInfo(program!,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--enable-logging=stderr", $"--user-data-dir={folder.At("profile")}",
            "--window-size=1100,2400", $"--screenshot={picture}", new Uri(file).AbsoluteUri,
        ]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var says = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        using var late = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return await says;
    }
}
