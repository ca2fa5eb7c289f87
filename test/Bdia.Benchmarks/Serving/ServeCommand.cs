using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Bdia.Benchmarks.Serving;

/// <summary>Puts load on a web service that is running, from so many clients at once, each asking again when it has its answer.</summary>
internal static class ServeCommand
{
    public static Command Command()
    {
        var url = new Option<string>("--url") { Required = true, Description = "Where to post: http://127.0.0.1:5080/predict" };
        var body = new Option<FileInfo>("--body") { Required = true, Description = "The file that is posted." };
        var type = new Option<string>("--content-type") { DefaultValueFactory = _ => "application/octet-stream" };
        var clients = new Option<int[]>("--clients")
        {
            AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 32], Description = "Clients at once, one run each.",
        };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "Seconds of a run." };
        var process = new Option<int?>("--pid") { Description = "The service's process, to tell its memory." };
        var replace = new Option<FileInfo?>("--replace") { Description = "The service's model file, which is replaced by itself "
            + "half-way." };
        var command = new Command("serve", "Tells throughput, latency and faults of a web service under load, over loopback.")
        {
            url, body, type, clients, seconds, process, replace,
        };
        command.SetAction(async (parse, cancellation) =>
        {
            Console.WriteLine(Machine.Describe());
            var table = new MarkdownTable("clients", "answers/s", "p50, ms", "p99, ms", "longest, ms", "answers", "503", "others", "differ",
                "MiB before", "MiB after");
            foreach (var count in parse.GetValue(clients)!)
                table.Add(await Run(new Uri(parse.GetValue(url)!), await File.ReadAllBytesAsync(parse.GetValue(body)!.FullName,
                    cancellation),
                    parse.GetValue(type)!, count, parse.GetValue(seconds), parse.GetValue(process), parse.GetValue(replace), cancellation));
            Console.WriteLine(table);
        });
        return command;
    }

    private static async Task<string[]> Run(Uri url, byte[] body, string type, int clients, int seconds, int? process, FileInfo? replace,
        CancellationToken cancellation)
    {
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = clients });
        var (expected, _) = await Post(client, url, body, type, cancellation);
        var (before, clock) = (Memory(process), Stopwatch.StartNew());
        var results = new List<(HttpStatusCode Code, double Milliseconds, bool Differs)>[clients];
        var swap = replace is null ? Task.CompletedTask : Task.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds / 2.0), cancellation);
            // Beside it and moved: nobody reads half a file.
            File.Copy(replace.FullName, replace.FullName + ".new", overwrite: true);
            File.SetLastWriteTimeUtc(replace.FullName + ".new", DateTime.UtcNow);
            File.Move(replace.FullName + ".new", replace.FullName, overwrite: true);
        }, cancellation);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(async () =>
        {
            var own = results[i] = [];
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var start = Stopwatch.GetTimestamp();
                var (text, code) = await Post(client, url, body, type, cancellation);
                own.Add((code, Stopwatch.GetElapsedTime(start).TotalMilliseconds,
                    code == HttpStatusCode.OK && Label(text) != Label(expected)));
            }
        }, cancellation)));
        await swap;
        var elapsed = clock.Elapsed.TotalSeconds;
        var all = results.SelectMany(own => own).ToArray();
        double[] times = [.. all.Where(answer => answer.Code == HttpStatusCode.OK).Select(answer => answer.Milliseconds).Order()];
        return [$"{clients}", $"{times.Length / elapsed:f1}", $"{At(times, 0.5):f1}", $"{At(times, 0.99):f1}", $"{At(times, 1):f0}",
            $"{times.Length}", $"{all.Count(answer => answer.Code == HttpStatusCode.ServiceUnavailable)}",
            $"{all.Count(answer => answer.Code is not HttpStatusCode.OK and not HttpStatusCode.ServiceUnavailable)}",
            $"{all.Count(answer => answer.Differs)}", before, Memory(process)];
    }

    private static async Task<(string Text, HttpStatusCode Code)> Post(HttpClient client, Uri url, byte[] body, string type,
        CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        using var response = await client.PostAsync(url, content, cancellation);
        return (await response.Content.ReadAsStringAsync(cancellation), response.StatusCode);
    }

    // The class or the text; probabilities may differ by rounding from batch to batch.
    private static string Label(string answer) => answer.Split(',')[0];

    private static double At(double[] sorted, double share)
        => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];

    private static string Memory(int? process) => process is { } id
        ? $"{Process.GetProcessById(id).WorkingSet64 / 1048576.0:f0}" : "";
}
