namespace Bdia.Core.ImageClassification;

/// <summary>One labelled image.</summary>
/// <param name="Label">Its class, 0 for the first.</param>
/// <param name="Pixels">Its pixels, planar (C, H, W), in the data's own units: 0..255, 0..1 or any other. The array may be used again for
/// the next row.</param>
public readonly record struct ImageRow(int Label, float[] Pixels);
