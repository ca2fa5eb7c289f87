using System.Net;

namespace Bdia.Onnx.Tests.Web;

/// <summary>Serves a folder, and some files that are not in it, to this machine alone; takes one report.</summary>
internal sealed class PageServer : IDisposable
{
    private static readonly Dictionary<string, string> kinds = new()
    {
        [".html"] = "text/html", [".js"] = "text/javascript", [".mjs"] = "text/javascript", [".wasm"] = "application/wasm",
        [".png"] = "image/png",
    };

    private readonly HttpListener listener = new();
    private readonly TaskCompletionSource<string> report = new();

    public PageServer(string folder, Dictionary<string, byte[]> files)
    {
        // A port that is free now; another program may take it before we do.
        for (var port = 0; !listener.IsListening;)
        {
            using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                port = ((IPEndPoint)probe.LocalEndpoint).Port;
            }

            Address = $"http://127.0.0.1:{port}/";
            listener.Prefixes.Clear();
            listener.Prefixes.Add(Address);
            try
            {
                listener.Start();
            }
            catch (HttpListenerException)
            {
            }
        }

        _ = Serve(folder, files);
    }

    public string Address { get; private set; } = "";

    /// <summary>What the page posts.</summary>
    public Task<string> Report => report.Task;

    public void Dispose() => listener.Close();

    private async Task Serve(string folder, Dictionary<string, byte[]> files)
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            await Answer(context, folder, files);
        }
    }

    private async Task Answer(HttpListenerContext context, string folder, Dictionary<string, byte[]> files)
    {
        using var response = context.Response;
        var path = context.Request.Url!.AbsolutePath;
        if (context.Request.HttpMethod == "POST")
        {
            using var reader = new StreamReader(context.Request.InputStream);
            report.TrySetResult(await reader.ReadToEndAsync());
            return;
        }

        var file = Path.Combine(folder, path.TrimStart('/'));
        if (!files.TryGetValue(path, out var content)) content = File.Exists(file) ? await File.ReadAllBytesAsync(file) : null;
        response.StatusCode = content is null ? 404 : 200;
        response.ContentType = kinds.GetValueOrDefault(Path.GetExtension(path), "application/octet-stream");
        if (content is not null) await response.OutputStream.WriteAsync(content);
    }
}
