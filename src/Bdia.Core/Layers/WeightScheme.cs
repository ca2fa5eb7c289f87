namespace Bdia.Core.Layers;

/// <summary>How the initial weights of dense layers are spread.</summary>
internal enum WeightScheme
{
    /// <summary>
    /// Normal with deviation 1 / √inputs, cut at two of them (LeCun et al., "Efficient BackProp", 1998): how vision transformers start.
    /// What comes out is as large as what goes in, at every width; the 0.02 of large ones (1 / √2500) leaves narrow ones next to nothing.
    /// </summary>
    FanIn,

    /// <summary>
    /// Uniform within ±√(6 / (inputs + outputs)) (Glorot and Bengio, 2010): how translation transformers start. It keeps its scale in
    /// narrow networks.
    /// </summary>
    Glorot,
}
