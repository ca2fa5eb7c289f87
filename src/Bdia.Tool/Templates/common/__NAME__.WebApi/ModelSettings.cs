namespace __NAME___WebApi;

/// <summary>The section Model of appsettings.json; the command line has the last word: --Model:QueueLimit 100.</summary>
public sealed class ModelSettings
{
    /// <summary>The model, from the folder of the program. Replace the file while the service runs, and the new one answers.</summary>
    public string File { get; set; } = "__NAME__.zip";

    /// <summary>The largest request; larger ones get 413.</summary>
    public long MaxBodyBytes { get; set; } = 10 << 20;

    /// <summary>The largest picture, width times height; larger ones get 400. A small file may hold a picture that fills the
    /// memory.</summary>
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>Requests that are scored together at most.</summary>
    public int MaxBatchSize { get; set; } = 32;

    /// <summary>Requests that may wait; those beyond get 503.</summary>
    public int QueueLimit { get; set; } = 256;

    /// <summary>Batches that are scored at once: one is read while another is computed.</summary>
    public int Workers { get; set; } = 2;

    /// <summary>Threads that compute; null: as many as there are cores.</summary>
    public int? Threads { get; set; }

    /// <summary>How often the model's file is looked at.</summary>
    public double CheckFileEverySeconds { get; set; } = 2;
}
