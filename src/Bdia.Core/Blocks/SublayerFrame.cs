using Bdia.Core.Layers;

namespace Bdia.Core.Blocks;

/// <summary>What stands around the layer of a sub-layer.</summary>
/// <param name="Norm">Before it.</param>
/// <param name="Scale">Behind it; null where there is none.</param>
internal readonly record struct SublayerFrame(LayerNorm Norm, LayerScale? Scale);
