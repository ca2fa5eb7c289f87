using Bdia.Core.ImageClassification;
using Bdia.Core.Numerics;
using CsCheck;
using Change = Bdia.Core.ImageClassification.TrivialAugment.Change;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class TrivialAugmentTests
{
    private static readonly ImageShape Shape = new(3, 9, 7);
    private static readonly float[] Ground = [50, 60, 70];

    private static readonly Gen<float[]> Bytes = Gen.Byte.Select(value => (float)value).Array[Shape.Size];

    [Fact]
    public void Every_change_does_the_same_in_every_unit()
        => Gen.Select(Bytes, Changes(TrivialAugment.Changes), Gen.Double[0, 1], Gen.Bool)
            .Sample((pixels, change, strength, opposite) =>
    {
        var (bytes, shares) = (pixels.ToArray(), pixels.Select(value => value / 255).ToArray());
        Of(new(0, 255), Ground).Apply(bytes, change, strength, opposite);
        Of(new(0, 1), [.. Ground.Select(value => value / 255)]).Apply(shares, change, strength, opposite);
        // Levels are cut off, so that a value at the edge of one may be on either side of it.
        var slack = change is Change.Posterize ? 16.1 : change is Change.Equalize or Change.Solarize ? 255 : 0.01;
        var apart = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.InRange(bytes[i], 0, 255);
            Assert.Equal(bytes[i], 255 * shares[i], slack);
            if (Math.Abs(bytes[i] - 255 * shares[i]) > 0.01) apart++;
        }

        Assert.True(change is Change.Posterize or Change.Equalize or Change.Solarize || apart == 0);
    }, iter: 300);

    [Fact]
    public void Without_strength_all_but_contrast_and_equal_tones_leave_an_image_as_it_is()
        => Gen.Select(Bytes, Changes(TrivialAugment.Changes.Except([Change.AutoContrast, Change.Equalize, Change.Solarize])))
            .Sample((pixels, change) =>
    {
        var changed = pixels.ToArray();
        Of(new(0, 255), Ground).Apply(changed, change, 0, false);
        for (var i = 0; i < pixels.Length; i++) Assert.Equal(pixels[i], changed[i], 1e-3);
    }, iter: 100);

    [Fact]
    public void A_shift_by_whole_pixels_moves_them_and_shows_the_ground()
    {
        var pixels = Enumerable.Range(0, Shape.Size).Select(i => (float)(i % 256)).ToArray();
        var shifted = pixels.ToArray();
        new PixelWarp(Shape, Ground).Apply(shifted, 1, 0, 0, 1, 2, -3);
        for (var channel = 0; channel < 3; channel++)
            for (var y = 0; y < 9; y++)
                for (var x = 0; x < 7; x++)
                    Assert.Equal(x + 2 < 7 && y - 3 >= 0 ? pixels[(channel * 9 + y - 3) * 7 + x + 2] : Ground[channel],
                        shifted[(channel * 9 + y) * 7 + x], 1e-4);
    }

    [Fact]
    public void A_quarter_turn_puts_every_pixel_where_it_belongs()
    {
        var shape = new ImageShape(1, 5, 5);
        var pixels = Enumerable.Range(0, 25).Select(i => (float)i).ToArray();
        var turned = pixels.ToArray();
        new PixelWarp(shape, [0f]).Apply(turned, 0, -1, 1, 0, 0, 0);
        for (var y = 0; y < 5; y++)
            for (var x = 0; x < 5; x++)
                Assert.Equal(pixels[x * 5 + (4 - y)], turned[y * 5 + x], 1e-4);
    }

    [Fact]
    public void Tones_are_changed_as_their_definitions_say()
    {
        var shape = new ImageShape(1, 1, 4);
        float[] Changed(Action<PixelTones, float[]> change)
        {
            float[] pixels = [0, 40, 100, 200];
            change(new PixelTones(shape, new(0, 255)), pixels);
            return pixels;
        }

        Assert.Equal([0, 20, 50, 100], Changed((tones, pixels) => tones.Brightness(pixels, 0.5)));
        Assert.Equal([0, 80, 200, 255], Changed((tones, pixels) => tones.Brightness(pixels, 2)));
        Assert.Equal([85, 85, 85, 85], Changed((tones, pixels) => tones.Contrast(pixels, 0)));
        Assert.Equal([0, 0, 115, 255], Changed((tones, pixels) => tones.Contrast(pixels, 2)));
        Assert.Equal([0, 32, 96, 192], Changed((tones, pixels) => tones.Posterize(pixels, 3)));
        Assert.Equal([0, 40, 155, 55], Changed((tones, pixels) => tones.Solarize(pixels, 90 / 255.0)));
        Assert.Equal([0, 51, 127.5f, 255], Changed((tones, pixels) => tones.AutoContrast(pixels)));
        Assert.Equal([0, 40, 100, 200], Changed((tones, pixels) => tones.Saturation(pixels, 0))); // grey has none
        var colour = new PixelTones(new(3, 1, 1), new(0, 255));
        float[] one = [100, 0, 0];
        colour.Saturation(one, 0);
        Assert.All(one, value => Assert.Equal(29.9f, value, 3));
    }

    [Fact]
    public void Equal_tones_spread_two_levels_over_the_whole_range_and_leave_one_alone()
    {
        var shape = new ImageShape(1, 32, 32);
        var tones = new PixelTones(shape, new(0, 255));
        var two = Enumerable.Range(0, 1024).Select(i => i % 2 == 0 ? 100f : 110f).ToArray();
        tones.Equalize(two);
        Assert.Equal([0, 255], two.Distinct().Order()); // of 512 each: 0 / 2 below the first, 512 / 2 below the second
        var one = Enumerable.Repeat(77f, 1024).ToArray();
        tones.Equalize(one);
        Assert.All(one, value => Assert.Equal(77, value));
    }

    [Fact]
    public void Sharpness_blurs_a_dot_over_its_neighbours_and_leaves_the_edge()
    {
        var pixels = new float[25];
        pixels[12] = 130;
        new PixelTones(new(1, 5, 5), new(0, 255)).Sharpness(pixels, 0);
        Assert.Equal(50, pixels[12], 1e-4);
        Assert.All(new[] { 6, 7, 8, 11, 13, 16, 17, 18 }, at => Assert.Equal(10, pixels[at], 1e-4));
        Assert.Equal(130, pixels.Sum(), 1e-3);
    }

    [Fact]
    public void Every_kind_is_drawn_about_as_often_and_the_same_place_gives_the_same_image()
    {
        var augment = Of(new(0, 255), Ground);
        var image = Enumerable.Range(0, Shape.Size).Select(i => (float)(i * 37 % 256)).ToArray();
        var kinds = new HashSet<string>();
        for (ulong row = 0; row < 500; row++)
        {
            var (first, again) = (image.ToArray(), image.ToArray());
            augment.Apply(first, RandomSequence.At(1, row));
            augment.Apply(again, RandomSequence.At(1, row));
            Assert.Equal(first, again);
            kinds.Add(string.Join(' ', first));
        }

        Assert.InRange(kinds.Count, 300, 480); // no change, equal tones and contrast are drawn again and again
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public void Erasing_hides_a_rectangle_of_so_many_images(double probability)
    {
        var shape = new ImageShape(2, 16, 12);
        var erasing = new RandomErasing(shape, probability);
        var hidden = 0;
        for (ulong row = 0; row < 400; row++)
        {
            var pixels = Enumerable.Repeat(1f, shape.Size).ToArray();
            erasing.Apply(pixels, RandomSequence.At(2, row));
            var places = Enumerable.Range(0, shape.Area).Where(at => pixels[at] == 0).ToArray();
            Assert.Equal(places, Enumerable.Range(0, shape.Area).Where(at => pixels[shape.Area + at] == 0));
            if (places.Length == 0) continue;
            hidden++;
            var (across, down) = (places.Select(at => at % 12).Distinct().Count(), places.Select(at => at / 12).Distinct().Count());
            Assert.Equal(across * down, places.Length);
            Assert.InRange(places.Length, 1, shape.Area * 0.45); // a third, rounded to whole pixels
        }

        Assert.InRange(hidden, 400 * probability - 45, 400 * probability + 45);
    }

    private static Gen<Change> Changes(IEnumerable<Change> changes)
    {
        var all = changes.ToArray();
        return Gen.Int[0, all.Length - 1].Select(i => all[i]);
    }

    private static TrivialAugment Of(PixelRange range, float[] ground) => new(Shape, range, ground);
}
