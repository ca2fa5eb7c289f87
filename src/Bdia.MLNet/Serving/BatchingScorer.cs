using System.Threading.Channels;
using Microsoft.ML;

namespace Bdia.MLNet;

/// <summary>
/// Scores rows of many callers together: what is brought at the same time goes through the model as one batch, which costs less than one
/// row after the other. Any fitted or loaded pipeline will do. All members may be called from many threads.
/// </summary>
/// <remarks>
/// A row that cannot be scored fails its own caller alone: its batch is parted until the row stands by itself. Answers are those of a
/// <see cref="PredictionEngine{TSrc, TDst}"/> up to what the model's remarks say of rows beside a row.
/// </remarks>
/// <typeparam name="TInput">A row, with the columns that the pipeline reads as public properties or fields.</typeparam>
/// <typeparam name="TOutput">An answer, with the columns that are wanted of it.</typeparam>
public sealed class BatchingScorer<TInput, TOutput> : IAsyncDisposable
    where TInput : class
    where TOutput : class, new()
{
    private readonly Lock gate = new();
    private readonly MLContext mlContext;
    private readonly BatchingOptions options;
    private readonly Channel<Request> queue;
    private readonly Task[] workers;
    private UsedModel model;
    private volatile bool disposed;

    /// <summary>Begins to wait for rows.</summary>
    /// <param name="mlContext">The environment that rows are read in.</param>
    /// <param name="model">The pipeline. It stays the caller's to dispose, once this is disposed.</param>
    /// <param name="options">How rows are gathered; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public BatchingScorer(MLContext mlContext, ITransformer model, BatchingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(model);
        this.mlContext = mlContext;
        this.options = options ?? new();
        this.options.Validate();
        this.model = new(model);
        queue = Channel.CreateBounded<Request>(this.options.QueueLimit);
        workers = [.. Enumerable.Range(0, this.options.Workers).Select(_ => Task.Run(Work))];
    }

    /// <summary>Rows that wait now.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Scores a row, together with what others bring meanwhile.</summary>
    /// <param name="input">The row. It must not change until the answer is there.</param>
    /// <param name="cancellation">Gives up waiting: a row whose turn has not come is not scored.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ScorerBusyException">As many rows wait as may; thrown at once.</exception>
    /// <exception cref="OperationCanceledException">The caller has given up.</exception>
    /// <exception cref="ObjectDisposedException">This was disposed before the row was taken; thrown at once.</exception>
    /// <exception cref="Exception">Whatever the pipeline throws for this row, such as <see cref="InvalidDataException"/> for a bad
    /// picture.</exception>
    public Task<TOutput> ScoreAsync(TInput input, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<TOutput>(cancellation);
        var request = new Request(input, cancellation);
        if (queue.Writer.TryWrite(request)) return request.Answer();
        ObjectDisposedException.ThrowIf(disposed, this);
        throw new ScorerBusyException(options.QueueLimit);
    }

    /// <summary>
    /// Scores with another model from now on. Rows that are brought after this call returns are scored by the new one; no row is lost, and
    /// none is scored by both.
    /// </summary>
    /// <param name="next">The new pipeline, of the same columns.</param>
    /// <returns>Ends when the last batch of the earlier model is done; that model may be disposed then.</returns>
    /// <exception cref="ObjectDisposedException">This was disposed.</exception>
    public Task Replace(ITransformer next)
    {
        ArgumentNullException.ThrowIfNull(next);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var earlier = model;
            model = new(next);
            return earlier.Retire();
        }
    }

    /// <summary>Takes no more rows, scores those that wait, and ends. Calling it again waits as well.</summary>
    /// <returns>Ends when every row that was taken has its answer.</returns>
    public async ValueTask DisposeAsync()
    {
        disposed = true;
        queue.Writer.TryComplete();
        await Task.WhenAll(workers).ConfigureAwait(false);
    }

    private async Task Work()
    {
        var batch = new List<Request>(options.MaxBatchSize);
        while (await queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await Gather(batch).ConfigureAwait(false);
            if (batch.Count == 0) continue;
            UsedModel used;
            lock (gate)
            {
                used = model;
                used.Enter();
            }

            try
            {
                Score(used.Model, batch, 0, batch.Count);
            }
            finally
            {
                used.Leave();
                batch.Clear();
            }
        }
    }

    private async Task Gather(List<Request> batch)
    {
        Take(batch);
        if (options.MaxWait == TimeSpan.Zero || batch.Count == 0 || batch.Count == options.MaxBatchSize) return;
        using var late = new CancellationTokenSource(options.MaxWait);
        try
        {
            while (batch.Count < options.MaxBatchSize && await queue.Reader.WaitToReadAsync(late.Token).ConfigureAwait(false)) Take(batch);
        }
        catch (OperationCanceledException)
        {
            // The time is over: the batch goes as it is.
        }
    }

    private void Take(List<Request> batch)
    {
        while (batch.Count < options.MaxBatchSize && queue.Reader.TryRead(out var request))
            if (request.Begin()) batch.Add(request);
    }

    private void Score(ITransformer pipeline, List<Request> batch, int from, int count)
    {
        TOutput[] answers;
        try
        {
            var rows = mlContext.Data.LoadFromEnumerable(batch.Skip(from).Take(count).Select(request => request.Input));
            answers = [.. mlContext.Data.CreateEnumerable<TOutput>(pipeline.Transform(rows), reuseRowObject: false)];
            if (answers.Length != count)
                throw new InvalidOperationException($"The pipeline gave {answers.Length} rows for {count}. Use one that leaves out no "
                    + "rows.");
        }
        catch (Exception fault)
        {
            if (count == 1)
            {
                batch[from].Fail(fault);
                return;
            }

            // One of them is at fault: the others are owed their answers.
            Score(pipeline, batch, from, count / 2);
            Score(pipeline, batch, from + (count / 2), count - (count / 2));
            return;
        }

        for (var i = 0; i < count; i++) batch[from + i].Give(answers[i]);
    }

    private sealed class Request(TInput input, CancellationToken cancellation)
    {
        private readonly TaskCompletionSource<TOutput> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration registration;

        public TInput Input => input;

        public Task<TOutput> Answer()
        {
            if (cancellation.CanBeCanceled)
                registration = cancellation.Register(static (state, token) => ((TaskCompletionSource<TOutput>)state!).TrySetCanceled(token),
                    source);
            return source.Task;
        }

        /// <summary>Whether somebody still waits for it.</summary>
        public bool Begin() => !source.Task.IsCompleted;

        public void Give(TOutput answer)
        {
            registration.Dispose();
            source.TrySetResult(answer);
        }

        public void Fail(Exception fault)
        {
            registration.Dispose();
            source.TrySetException(fault);
        }
    }

    // Counts the batches that a model is scoring, so that whoever takes it away knows when it is free.
    private sealed class UsedModel(ITransformer model)
    {
        private readonly TaskCompletionSource free = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int users = 1; // one for not being retired

        public ITransformer Model => model;

        public void Enter() => Interlocked.Increment(ref users);

        public void Leave()
        {
            if (Interlocked.Decrement(ref users) == 0) free.TrySetResult();
        }

        public Task Retire()
        {
            Leave();
            return free.Task;
        }
    }
}
