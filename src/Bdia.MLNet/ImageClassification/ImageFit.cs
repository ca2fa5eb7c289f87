using System.Drawing;
using System.Globalization;
using Microsoft.ML.Transforms.Image;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The colour behind a picture: seen through its transparent parts and beside it where it does not fill the image.</summary>
internal readonly record struct Ground(byte Red, byte Green, byte Blue)
{
    public static Ground Of(Color color) => new(color.R, color.G, color.B);

    /// <summary>As in style sheets: #RRGGBB.</summary>
    public override string ToString() => $"#{Red:X2}{Green:X2}{Blue:X2}";

    /// <exception cref="FormatException">The text is no such colour.</exception>
    public static Ground Parse(string text)
        => text.Length == 7 && text[0] == '#'
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? new((byte)(value >> 16), (byte)(value >> 8), (byte)value)
            : throw new FormatException($"'{text}' is no colour; it must be of the form #RRGGBB.");

    /// <summary>Paints pixels of red, green and blue.</summary>
    public void Fill(Span<byte> rgb)
    {
        for (var i = 0; i + 2 < rgb.Length; i += 3)
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (Red, Green, Blue);
    }
}

/// <summary>What is done to a picture before the network sees it, the same in training and when scoring.</summary>
/// <param name="Resizing">How a picture of another size is brought to the model's.</param>
/// <param name="Ground">The colour behind it.</param>
internal sealed record ImageFit(ImageResizingEstimator.ResizingKind Resizing, Ground Ground);
