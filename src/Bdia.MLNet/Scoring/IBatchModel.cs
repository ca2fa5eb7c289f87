using Bdia.MLNet.Internals;
using Microsoft.ML;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// A fitted model that scores rows a batch at a time. The view, the cursor and the row mapper of this folder do everything else, so
/// that a new task supplies this interface and nothing more.
/// </summary>
internal interface IBatchModel
{
    /// <summary>What users know the model's trainer by.</summary>
    string Trainer { get; }

    /// <summary>The source columns that the model reads; throws as ML.NET does where one is missing or of another type.</summary>
    IReadOnlyList<DataViewSchema.Column> InputColumns(DataViewSchema source);

    /// <summary>The columns that the model adds behind those of the source.</summary>
    IReadOnlyList<DataViewSchema.DetachedColumn> OutputColumns(DataViewSchema source);

    /// <summary>
    /// What a source column carries behind the model: its own annotations, and others where they help those who come after.
    /// </summary>
    DataViewSchema.Annotations AnnotationsOf(DataViewSchema.Column source) => source.Annotations;

    /// <summary>
    /// Why <c>ConvertToOnnx</c> has to do without the model, and what to do, as sentences; null where it has not.
    /// </summary>
    string? OnnxRefusal => "Save the pipeline with mlContext.Model.Save, and score with it where this package is.";

    /// <summary>Adds the model's columns to a pipeline that is converted to ONNX.</summary>
    void AddTo(OnnxPipeline pipeline, DataViewSchema source) => throw new NotSupportedException(OnnxRefusal);

    /// <summary>A place for up to <paramref name="capacity"/> rows, read from <paramref name="source"/> wherever that stands.</summary>
    RowBatch CreateBatch(DataViewRow source, int capacity);
}

/// <summary>
/// The inputs of some rows, and, after <see cref="Score"/>, their outputs. One cursor owns it; it is not for several threads.
/// </summary>
internal abstract class RowBatch : IDisposable
{
    /// <summary>Takes in the input of the row at which the source stands.</summary>
    public abstract void Add();

    /// <summary>One forward pass over all rows taken in since <see cref="Clear"/>.</summary>
    public abstract void Score();

    /// <summary>Forgets all rows.</summary>
    public abstract void Clear();

    /// <summary>
    /// A <see cref="ValueGetter{TValue}"/> for an output column: <paramref name="slot"/> says which row of the batch, counted from 0.
    /// </summary>
    public abstract Delegate CreateGetter(int output, Func<int> slot);

    /// <summary>Called once when the cursor is done or abandoned.</summary>
    public abstract void Dispose();
}
