namespace Bdia.Core.ImageClassification;

/// <summary>What a random crop shows where it reaches beyond the image.</summary>
public enum CropFill
{
    /// <summary>The pixel value 0, before normalisation.</summary>
    Zero,

    /// <summary>The image mirrored at its edge, without repeating the edge itself.</summary>
    Reflect,
}
