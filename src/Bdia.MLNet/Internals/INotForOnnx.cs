using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace Bdia.MLNet.Internals;

/// <summary>
/// A view that ML.NET's <c>ConvertToOnnx</c> must not pass over. It goes back along a pipeline from view to view, and what does not know
/// it, it takes for the pipeline's input: the file that it then writes lacks all that came before.
/// </summary>
internal interface INotForOnnx : ITransformCanSaveOnnx
{
    /// <summary>What users know by it that made the view.</summary>
    string Trainer { get; }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw Refusal();

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => throw Refusal();

    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException(
        "Scored rows are not saved as a model. Save the model itself: mlContext.Model.Save(model, inputSchema, path).");

    private NotSupportedException Refusal() => new(
        $"A pipeline with a model of {Trainer} cannot be converted to ONNX: the network would be left out. Nothing was written. Save "
            + "the pipeline with mlContext.Model.Save, and score with it where this package is.");
}
