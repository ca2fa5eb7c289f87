namespace Bdia.Core.Layers;

/// <summary>How the initial weights of dense layers are spread.</summary>
internal enum WeightScheme
{
    /// <summary>Normal with deviation 0.02, cut at two of them: how vision transformers start.</summary>
    TruncatedNormal,

    /// <summary>Uniform within ±√(6 / (inputs + outputs)) (Glorot and Bengio, 2010): how translation transformers start. It keeps its scale in narrow networks.</summary>
    Glorot,
}
