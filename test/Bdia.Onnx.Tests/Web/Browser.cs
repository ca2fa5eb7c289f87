using System.Diagnostics;
using Bdia.MLNet.Tests.Support;

namespace Bdia.Onnx.Tests.Web;

/// <summary>A browser of the machine's, without a window.</summary>
internal sealed class Browser
{
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(2);

    private readonly string program;

    private Browser(string program) => this.program = program;

    /// <summary>The browser; skips the test where there is none.</summary>
    public static Browser Require()
    {
        string[] names = ["chromium", "chromium-browser", "google-chrome"];
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, "There is no Chromium on this machine (Debian's package: chromium).");
        return new Browser(found!);
    }

    /// <summary>The sample's folder; skips the test where its package was not installed.</summary>
    public static string Sample()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            var folder = Path.Combine(above.FullName, "samples", "OnnxWeb");
            if (!Directory.Exists(folder)) continue;
            Assert.SkipUnless(File.Exists(Path.Combine(folder, "node_modules", "onnxruntime-web", "dist", "ort.wasm.min.mjs")),
                "onnxruntime-web is not in samples/OnnxWeb/node_modules: run npm install in samples/OnnxWeb.");
            return folder;
        }

        throw new InvalidOperationException("There is no folder samples/OnnxWeb above the tests.");
    }

    /// <summary>Opens a page, waits for what it reports, and ends the browser.</summary>
    public async Task<string> Open(string address, Task<string> report)
    {
        using var profile = new TemporaryFolder();
        using var process = Process.Start(new ProcessStartInfo(program)
        {
            // Without a sandbox of its own, which containers do not allow, and without a word to anybody outside.
            ArgumentList =
            {
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
                $"--user-data-dir={profile.Path}", address,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var says = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        try
        {
            return await report.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"The page has reported nothing for {patience}. {await says}");
            throw;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }
}
