using ScottPlot;
using SkiaSharp;

namespace Bdia.Samples.Common.Reports;

/// <summary>The font that this sample brings along, since a bare Linux has none and a picture's text would stay blank.</summary>
internal sealed class SampleFont : IFontResolver
{
    public const string Name = "DejaVu Sans Latin";

    private static readonly byte[] File = Read();

    /// <summary>A new typeface, for SkiaSharp.</summary>
    public static SKTypeface Typeface()
    {
        using var data = SKData.CreateCopy(File);
        return SKTypeface.FromData(data);
    }

    /// <summary>Makes ScottPlot write with it.</summary>
    public static void UseIn(Plot plot)
    {
        if (!Fonts.FontResolvers.OfType<SampleFont>().Any()) Fonts.FontResolvers.Add(new SampleFont());
        plot.Font.Set(Name);
    }

    SKTypeface? IFontResolver.CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Typeface() : null;

    SKTypeface? IFontResolver.CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name
        ? Typeface() : null;

    private static byte[] Read()
    {
        using var stream = typeof(SampleFont).Assembly.GetManifestResourceStream("DejaVuSans-Latin.ttf")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
