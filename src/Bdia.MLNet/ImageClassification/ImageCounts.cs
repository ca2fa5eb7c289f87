using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.ImageClassification;

/// <summary>What was done to the pictures that a reader has read, told in the log when it is done.</summary>
internal sealed class ImageCounts
{
    private long read, resized, turned, transparent;

    /// <summary>Counts a picture that was read.</summary>
    public void Add(bool resized, bool turned, bool transparent)
    {
        read++;
        this.resized += resized ? 1 : 0;
        this.turned += turned ? 1 : 0;
        this.transparent += transparent ? 1 : 0;
    }

    /// <summary>Tells what was done to the pictures of some data.</summary>
    public void TellAll(IChannelProvider log, string what, ImageColumn image)
    {
        if (resized + turned > 0)
            Tell(log, warning: false, $"Of {read} images of the {what} data {resized} were resized to "
                + $"{image.Shape.Width}x{image.Shape.Height} pixels ({image.Fit?.Resizing}), " +
                $"and {turned} turned upright by the orientation (EXIF) in their files.");
        TellTransparent(log, what, image);
    }

    /// <summary>Tells how many pictures were not opaque.</summary>
    public void TellTransparent(IChannelProvider log, string what, ImageColumn image)
    {
        if (transparent > 0 && image.Fit is { } fit)
            Tell(log, warning: true, $"{transparent} of {read} images of the {what} data have transparent parts; they were laid on the "
                + $"colour {fit.Ground}. " +
                "Options.BackgroundColor chooses another for training, and it travels with the model.");
    }

    private static void Tell(IChannelProvider log, bool warning, string text)
    {
        using var channel = log.Start("Images");
        if (warning)
            channel.Warning(MessageSensitivity.None, text);
        else
            channel.Info(MessageSensitivity.None, text);
    }
}
