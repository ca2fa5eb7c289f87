using Bdia.Core.ImageClassification;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Notices data of which nothing can be learned because all its images are the same.</summary>
internal sealed class PixelVariety(ImageShape shape)
{
    private float[]? first;
    private long images;
    private bool differs;

    public void Add(ReadOnlySpan<float> pixels)
    {
        images++;
        first ??= pixels.ToArray();
        differs = differs || !pixels.SequenceEqual(first);
    }

    /// <summary>What there is to say, or null.</summary>
    public string? Warning(string what)
    {
        if (first is null || images < 2 || differs)
            return null;
        var plain = Enumerable.Range(0, shape.Channels)
            .All(channel => !first.AsSpan(channel * shape.Area, shape.Area).ContainsAnyExcept(first[channel * shape.Area]));
        var same = plain ? $"Every pixel of the {images} images of the {what} data is the same"
            : $"All {images} images of the {what} data are the same, pixel for pixel";
        return $"{same}: there is nothing to tell them apart by. Look at what the pipeline hands to the trainer.";
    }
}
