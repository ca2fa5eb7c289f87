using __NAME___Model;
using Bdia.Core.Native;
using Bdia.MLNet;
using Microsoft.Extensions.Options;
using Microsoft.ML;

namespace __NAME___WebApi;

/// <summary>
/// The model, shared by all requests: what comes at the same time is scored together. When its file is replaced, the new model takes over
/// without a request that fails; a file that is no model is told in the log, and the old one stays.
/// </summary>
public sealed class ModelService : BackgroundService
{
    private readonly MLContext mlContext = new();
    private readonly ModelSettings settings;
    private readonly ILogger<ModelService> log;
    private volatile Served current;

    // A model with the scorer that asks it: who is answered by one is told its names.
    private sealed record Served(ITransformer Pipeline, BatchingScorer<__NAME__.ModelInput, __NAME__.ModelOutput> Scorer);

    public ModelService(IOptions<ModelSettings> options, ILogger<ModelService> log)
    {
        (settings, this.log) = (options.Value, log);
        if (settings.Threads is { } threads) BdiaRuntime.Threads = threads;
        Seen = Look();
        current = Load();
    }

    /// <summary>Which file was looked at last: when it was written, and its length.</summary>
    public (DateTime Written, long Length) Seen { get; private set; }

    /// <summary>Requests that wait now.</summary>
    public int Waiting => current.Scorer.Waiting;

    /// <summary>The answer with names, as it goes to the caller.</summary>
    public async Task<object> Predict(__NAME__.ModelInput input, CancellationToken cancellation)
    {
        while (true)
        {
            var served = current;
            try
            {
                return __NAME__.Describe(served.Pipeline, await served.Scorer.ScoreAsync(input, cancellation));
            }
            catch (ObjectDisposedException) when (served != current)
            {
                // The model was replaced between two lines: the new one is asked.
            }
        }
    }

    /// <summary>Takes the file where it is another one than before.</summary>
    public async Task Refresh()
    {
        var seen = Look();
        if (seen == Seen) return;
        Seen = seen;
        try
        {
            var earlier = current;
            current = Load();
            await earlier.Scorer.DisposeAsync(); // answers whoever waits for it
            (earlier.Pipeline as IDisposable)?.Dispose();
            log.LogInformation("{File} of {Written:u} answers from now on.", settings.File, seen.Written);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A file that was still being written is read again when it has changed again.
            log.LogError("{File} was replaced, and the earlier model stays: {Reason}", settings.File, fault.Message);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await current.Scorer.DisposeAsync();
        (current.Pipeline as IDisposable)?.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(settings.CheckFileEverySeconds));
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await Refresh();
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }

    private string ModelFile => Path.Combine(AppContext.BaseDirectory, settings.File);

    private (DateTime Written, long Length) Look()
    {
        var file = new FileInfo(ModelFile);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private Served Load()
    {
        var pipeline = __NAME__.Load(mlContext, ModelFile);
        return new(pipeline, new(mlContext, pipeline, new()
        {
            MaxBatchSize = settings.MaxBatchSize, QueueLimit = settings.QueueLimit, Workers = settings.Workers,
        }));
    }
}
