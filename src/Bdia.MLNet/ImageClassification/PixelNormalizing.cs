using Bdia.Core.Pretrained;

namespace Bdia.MLNet;

/// <summary>How a trainer normalises the pixels of images. What it is travels with the model.</summary>
public enum PixelNormalizing
{
    /// <summary>As initial weights expect it, where that is known; else measured.</summary>
    Automatic,

    /// <summary>By mean and deviation of each channel, measured on the training rows, whatever initial weights expect.</summary>
    Measured,

    /// <summary>By ImageNet's mean (0.485, 0.456, 0.406) and deviation (0.229, 0.224, 0.225), of pixels from 0 to 1.</summary>
    ImageNet,

    /// <summary>From -1 to 1: by mean 0.5 and deviation 0.5, of pixels from 0 to 1.</summary>
    Half,
}

/// <summary>The numbers of a choice.</summary>
internal static class PixelNormalizings
{
    /// <summary>Null where they are measured.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="expected">What initial weights expect; null where nothing is known.</param>
    public static PixelStatistics? Statistics(this PixelNormalizing choice, PixelStatistics? expected) => choice switch
    {
        PixelNormalizing.ImageNet => PixelStatistics.ImageNet,
        PixelNormalizing.Half => PixelStatistics.Half,
        PixelNormalizing.Measured => null,
        _ => expected,
    };
}
