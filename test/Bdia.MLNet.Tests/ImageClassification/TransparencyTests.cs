using System.Drawing;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;
using ImageShape = Bdia.Core.ImageClassification.ImageShape;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>
/// What shows through the transparent parts of a picture is the colour that the options name, in every form a picture comes in.
/// </summary>
public class TransparencyTests
{
    private const int Side = 8;

    private static readonly MLContext context = new(1);
    private static readonly ImageFit onGround = new(ImageResizingEstimator.ResizingKind.Fill, new Ground(200, 100, 50));

    private sealed class FileRow
    {
        public byte[] Picture { get; set; } = [];
    }

    private sealed class Row
    {
        [ImageType(Side, Side)]
        public MLImage? Picture { get; set; }
    }

    /// <summary>Straight colours with an alpha that goes from 0 to 255; hidden colours beneath the transparent pixels.</summary>
    private static byte[] Straight(bool redFirst = true)
    {
        var pixels = new byte[4 * Side * Side];
        for (var i = 0; i < Side * Side; i++)
        {
            for (var c = 0; c < 3; c++)
                pixels[4 * i + (redFirst ? c : 2 - c)] = Pictures.Value(c, i / Side, i % Side);
            pixels[4 * i + 3] = (byte)Math.Min(255, 5 * i);
        }
        return pixels;
    }

    private static byte[] Premultiplied(byte[] straight)
        => [.. straight.Select((value, i) => i % 4 == 3 ? value : (byte)((value * straight[i | 3] + 127) / 255))];

    private static float[] Expected(Ground ground) => [.. Enumerable.Range(0, 3 * Side * Side).Select(i =>
    {
        var (c, pixel) = (i / (Side * Side), i % (Side * Side));
        var alpha = Math.Min(255, 5 * pixel) / 255.0;
        return (float)(Pictures.Value(c, pixel / Side, pixel % Side) * alpha + (c == 0 ? ground.Red : c == 1 ? ground.Green : ground.Blue)
            * (1 - alpha));
    })];

    private static float[] Read<T>(T row, ImageFit? fit, out ImageReader reader, int side = Side) where T : class
    {
        var view = context.Data.LoadFromEnumerable([row]);
        using var cursor = view.GetRowCursor(view.Schema);
        var shape = new ImageShape(3, side, side);
        reader = ImageReader.Create(cursor, view.Schema["Picture"], shape, PixelLayout.Planar, fit);
        var planes = new float[shape.Size];
        cursor.MoveNext();
        Assert.Null(reader.Read(planes));
        return planes;
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
        => Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, tolerance));

    [Fact]
    public void Files_with_alpha_are_laid_on_the_ground()
    {
        var png = Pictures.Png(Straight(), Side, Side, SKAlphaType.Unpremul);
        using var bitmap = SKBitmap.Decode(png, new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        using var webp = bitmap.PeekPixels().Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100));

        AssertClose(Expected(onGround.Ground), Read(new FileRow { Picture = png }, onGround, out _), 0.51); // rounded once
        AssertClose(Expected(onGround.Ground)[..1], Read(new FileRow { Picture = webp.ToArray() }, onGround, out _)[..1], 0.51);
        AssertClose(Expected(onGround.Ground), Read(new FileRow { Picture = webp.ToArray() }, onGround, out _), 0.51);
    }

    [Fact]
    public void A_gif_shows_the_ground_through_its_transparent_colour()
    {
        var planes = Read(new FileRow { Picture = Gif.Of(2, 2, [0, 1, 2, 0], [(9, 9, 9), (255, 0, 0), (0, 0, 255)], transparent: 0) },
            onGround, out _, side: 2);

        Assert.Equal([200f, 255, 0, 200, 100, 0, 0, 100, 50, 0, 255, 50], planes);
    }

    [Theory]
    [InlineData(MLPixelFormat.Rgba32)]
    [InlineData(MLPixelFormat.Bgra32)]
    public void Bitmaps_of_either_order_are_laid_on_the_ground_whether_their_colours_were_multiplied_or_not(MLPixelFormat format)
    {
        var straight = Straight(format == MLPixelFormat.Rgba32);
        using var one = MLImage.CreateFromPixels(Side, Side, format, straight);
        using var other = MLImage.CreateFromPixels(Side, Side, format, Premultiplied(straight));

        AssertClose(Expected(onGround.Ground), Read(new Row { Picture = one }, onGround, out _), 0.51);
        AssertClose(Expected(onGround.Ground), Read(new Row { Picture = other }, onGround, out _), 1.01); // rounded twice
    }

    [Fact]
    public void A_file_and_its_MLImage_give_the_same_pixels()
    {
        var png = Pictures.Png(Straight(), Side, Side, SKAlphaType.Unpremul);
        using var image = MLImage.CreateFromStream(new MemoryStream(png));

        AssertClose(Read(new FileRow { Picture = png }, onGround, out _), Read(new Row { Picture = image }, onGround, out _), 1.01);
    }

    [Fact]
    public void A_model_that_was_saved_before_there_was_a_ground_sees_what_it_saw()
    {
        var straight = Straight();
        using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, straight);
        var file = Pictures.Png(straight, Side, Side, SKAlphaType.Unpremul);

        AssertClose(Expected(default), Read(new FileRow { Picture = file }, null, out _), 1.01); // black, by the decoder's rounding
        Assert.Equal(Pictures.Planar(Side, Side), Read(new Row { Picture = image }, null, out _));
    }

    [Fact]
    public void Where_the_fourth_byte_is_not_used_it_is_no_alpha()
    {
        var pixels = Straight();
        for (var i = 3; i < pixels.Length; i += 4)
            pixels[i] = 0;
        using var image = MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);

        Assert.Equal(Pictures.Planar(Side, Side), Read(new Row { Picture = image }, onGround, out _));
    }

    [Fact]
    public void Bars_on_a_transparent_ground_are_learned_as_on_white_and_counted()
    {
        var mlContext = new MLContext(1);
        var log = new LogLines(mlContext);
        var (white, transparent) = (Bars(opaque: true), Bars(opaque: false));
        using var onWhite = Fit(white, Color.White);
        using var onGround = Fit(transparent, Color.White);
        using var onBlack = Fit(transparent, Color.Black);

        ScoredRows.Of(onGround.Transform(transparent), "Score").AssertEqual(ScoredRows.Of(onWhite.Transform(white), "Score"));
        Assert.Equal(["Every pixel of the 24 images of the training data is the same: there is nothing to tell them apart by. Look at "
            + "what the pipeline hands to the trainer."],
            log.Of(ChannelMessageKind.Warning).Where(line => line.Contains("the same", StringComparison.Ordinal)));
        Assert.Contains("24 of 24 images of the training data have transparent parts; they were laid on the colour #FFFFFF. "
            + "Options.BackgroundColor chooses another for training, and it travels with the model.",
            log.Of(ChannelMessageKind.Warning));
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith("24 of 24 images of the scored data have transparent parts; they were laid on the colour #FFFFFF.",
            StringComparison.Ordinal));

        BdiaImageClassificationTransformer Fit(IDataView data, Color background)
        {
            var options = ImageRows.Options("File");
            options.BackgroundColor = background;
            options.Seed = 3;
            return mlContext.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);
        }

        // Black bars, upright or level: on black nothing can be seen of them.
        IDataView Bars(bool opaque) => ImageRows.Labelled(mlContext, Enumerable.Range(0, 24).Select(row =>
        {
            var pixels = new byte[4 * Side * Side];
            for (var i = 0; i < Side * Side; i++)
            {
                var bar = (row % 2 == 0 ? i / Side : i % Side) == 1 + row / 2 % 6;
                pixels.AsSpan(4 * i, 3).Fill((byte)(bar ? 0 : 255));
                pixels[4 * i + 3] = (byte)(opaque || bar ? 255 : 0);
            }
            return new ImageRow { File = Pictures.Png(pixels, Side, Side, SKAlphaType.Unpremul), Name = row % 2 == 0
                ? "level" : "upright", Number = row };
        }));
    }
}
