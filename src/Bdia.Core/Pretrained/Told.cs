namespace Bdia.Core.Pretrained;

/// <summary>What a caller says where a file cannot: null is nothing.</summary>
/// <param name="Heads">Attention heads.</param>
/// <param name="ImageHeight">Height of the images, in pixels.</param>
/// <param name="ImageWidth">Width of the images, in pixels.</param>
internal readonly record struct Told(int? Heads = null, int? ImageHeight = null, int? ImageWidth = null);
