using Bdia.Core.Training;
using Bdia.Data.Pictures;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Reports;
using Bdia.Samples.ImageClassification.Shapes;
using SkiaSharp;

namespace Bdia.Samples.Tests;

public sealed class ReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_learning_curve_is_drawn_with_and_without_its_optional_parts()
    {
        var random = new Random(1);
        (double, double)[] steps = [.. Enumerable.Range(1, 900)
            .Select(i => (i / 300.0, 0.1 + (2.2 * Math.Exp(-i / 150.0)) + (0.15 * random.NextDouble())))];
        EpochResult[] epochs = [.. Enumerable.Range(1, 3)
            .Select(i => new EpochResult(i, 2.0 / i, 1 - (0.5 / i), 1e-3, 40, new(1.8 / i, 1000, 1 - (0.4 / i))))];

        ClassifierCurve.Save(folder.At("full.png"), "shapes drawn by this sample", steps, epochs, 0.962, 0.437);
        ClassifierCurve.Save(folder.At("bare.png"), "nothing was finished", [], [], 0.1, null);

        Assert.True(Colors(folder.At("full.png")) > Colors(folder.At("bare.png")));
    }

    [Fact]
    public void A_contact_sheet_shows_colour_and_grey_pictures()
    {
        Picture[] colour = [.. ShapeData.Rows(13, seed: 1, part: 0)];
        Picture[] grey = [.. colour.Select(picture => new Picture { Pixels = picture.Pixels[..576], Class = picture.Class })];
        Prediction[] predictions =
            [.. colour.Select((picture, i) => new Prediction { Class = picture.Class, PredictedLabel = i % 4 == 0 ? "a class with quite "
            + "a long name" : picture.Class, Score = [0.25f, 0.75f] })];

        ContactSheet.Save(folder.At("colour.png"), "shapes, test rows", new(3, 24, 24), colour, predictions);
        ContactSheet.Save(folder.At("grey.png"), "shapes, test rows", new(1, 24, 24), grey, predictions);

        Assert.True(Colors(folder.At("colour.png")) > Colors(folder.At("grey.png")));
    }

    [Fact]
    public void The_font_has_every_letter_that_captions_use()
    {
        using var typeface = SampleFont.Typeface();

        Assert.Equal("DejaVu Sans", typeface.FamilyName);
        Assert.DoesNotContain((ushort)0, typeface.GetGlyphs("ABCXYZ abcxyz 0123456789 %.,:-_/()±×"));
    }

    private static int Colors(string path)
    {
        using var bitmap = SKBitmap.Decode(path);
        return bitmap.Pixels.Distinct().Count();
    }
}
