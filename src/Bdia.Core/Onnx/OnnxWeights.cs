namespace Bdia.Core.Onnx;

/// <summary>How an exported network holds its weights.</summary>
public enum OnnxWeights
{
    /// <summary>As they are: the exported network gives the numbers of the model, up to rounding. The default.</summary>
    Float32,

    /// <summary>
    /// Matrices in 8 bits with a scale for each output, a quarter of the size; their inputs are brought to 8 bits while the network runs,
    /// with one scale for the whole batch (dynamic quantisation). Scores move by about a hundredth or
    /// two, and depend on the rows beside a row in its batch.
    /// </summary>
    Int8,
}
