namespace Bdia.Core.ImageClassification;

/// <summary>Which changes of shape and tone training images undergo by chance, besides crops and mirroring.</summary>
public enum AugmentPolicy
{
    /// <summary>None.</summary>
    None,

    /// <summary>
    /// TrivialAugment (Müller and Hutter, 2021): one change for each image, each kind equally likely and as strong as chance will have it,
    /// in the ranges of RandAugment: shear, shift, rotation; brightness, saturation, contrast, sharpness, fewer levels, inverted light
    /// parts, stretched or equalised tones, or none.
    /// </summary>
    TrivialAugment,
}
