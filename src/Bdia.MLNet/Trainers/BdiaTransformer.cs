using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet;

/// <summary>
/// A fitted Bdia model as an ML.NET transformer: it adds its columns to a view, scored a batch of rows at a time, and goes in and out
/// of ML.NET's model files. It may be used from many threads at once.
/// </summary>
public abstract class BdiaTransformer : ITransformer, IDisposable
{
    internal const int MaxScoringBatchSize = 65536;

    private int scoringBatchSize;

    private protected BdiaTransformer(int scoringBatchSize) => ScoringBatchSize = scoringBatchSize;

    /// <summary>What scores the rows.</summary>
    private protected abstract IBatchModel BatchModel { get; }

    /// <summary>Rows per forward pass when a view is scored, 1..65536. It holds for views that are made after it is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int ScoringBatchSize
    {
        get => scoringBatchSize;
        set
        {
            CheckScoringBatchSize(value);
            scoringBatchSize = value;
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    internal static void CheckScoringBatchSize(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxScoringBatchSize);
    }

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The schema of the output for an input of the given schema.</summary>
    /// <param name="inputSchema">The schema of the input.</param>
    /// <returns>The input's columns, and behind them the model's.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column that the model reads is missing or of another type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoringBindings(inputSchema, BatchModel).Schema;
    }

    /// <summary>Adds the model's columns to a view. Nothing is computed until a cursor over the result reads one of them.</summary>
    /// <param name="input">The rows to score.</param>
    /// <returns>
    /// A view with the same rows in the same order. Its cursors read <paramref name="input"/> once, a batch ahead, and may be left
    /// half-way.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A column that the model reads is missing or of another type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedScoringView(input, BatchModel, ScoringBatchSize);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new RowScoringMapper(inputSchema, BatchModel);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => Save(new ModelArchiveWriter(ctx));

    /// <summary>Writes the model's entries.</summary>
    private protected abstract void Save(ModelArchiveWriter archive);

    /// <summary>
    /// Frees the network's memory. Calling it again does nothing; scoring afterwards throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the model holds.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
