using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace Bdia.MLNet.Internals;

/// <summary>
/// A view that ML.NET's <c>ConvertToOnnx</c> must not pass over. It goes back along a pipeline from view to view, and what does not know
/// it, it takes for the pipeline's input: the file that it then writes lacks all that came before.
/// </summary>
internal interface IOnnxView : ITransformCanSaveOnnx
{
    /// <summary>What users know by it that made the view.</summary>
    string Trainer { get; }

    /// <summary>Why the view has no ONNX form, and what to do, as sentences; null where it has one.</summary>
    string? OnnxRefusal { get; }

    /// <summary>Adds the view's columns.</summary>
    void AddTo(OnnxPipeline pipeline);

    // An exception, where ML.NET would take `false` for the end of the pipeline.
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => OnnxRefusal is null ? true : throw new NotSupportedException(
        $"A pipeline with a model of {Trainer} cannot be converted to ONNX: the network would be left out. Nothing was written. "
            + OnnxRefusal);

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx)
    {
        var pipeline = new OnnxPipeline(ctx);
        pipeline.RequireOpset(Trainer);
        AddTo(pipeline);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException(
        "Scored rows are not saved as a model. Save the model itself: mlContext.Model.Save(model, inputSchema, path).");
}
