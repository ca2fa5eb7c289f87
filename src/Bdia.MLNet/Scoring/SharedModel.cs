namespace Bdia.MLNet.Scoring;

/// <summary>A model that many threads may score with while one disposes it: it goes when the last of them is done.</summary>
/// <param name="model">The model; disposed with this.</param>
/// <param name="owner">What users know it by, for the message of an <see cref="ObjectDisposedException"/>.</param>
internal sealed class SharedModel<TModel>(TModel model, string owner) : IDisposable where TModel : IDisposable
{
    private readonly Lock gate = new();
    private int users;
    private bool disposed;

    public TModel Model => model;

    /// <summary>Begins to score; dispose what comes back when done.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Use Enter()
    {
        lock (gate)
        {
            if (disposed)
                throw new ObjectDisposedException(owner,
                    "The model was disposed. A PredictionEngine disposes its model with itself unless "
                    + "PredictionEngineOptions.OwnsTransformer is false.");
            users++;
        }
        return new Use(this);
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            users++;
        }
        Leave();
    }

    private void Leave()
    {
        bool last;
        lock (gate)
            last = --users == 0 && disposed;
        if (last)
            model.Dispose();
    }

    /// <summary>Keeps the model alive for as long as one thread scores with it.</summary>
    public readonly ref struct Use(SharedModel<TModel> shared) : IDisposable
    {
        public void Dispose() => shared.Leave();
    }
}
