using Bdia.Core.ImageClassification;
using Bdia.Core.Numerics;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class AugmentationTests
{
    private static readonly PixelNormalization Identity = new() { Mean = [0, 0], StandardDeviation = [1, 1] };
    private static readonly ImageShape Shape = new(2, 3, 4);
    private static readonly float[] Image = [.. Enumerable.Range(1, 24).Select(i => (float)i)];

    private static float[] Apply(ulong seed, int padding, CropFill fill = CropFill.Zero, bool flip = false,
        PixelNormalization? normalization = null)
    {
        var result = new float[24];
        new Augmentation(Shape, padding, fill, flip, normalization ?? Identity).Apply(Image, RandomSequence.At(seed), result);
        return result;
    }

    [Fact]
    public void Without_crop_and_flip_only_the_normalisation_is_left()
    {
        Assert.Equal(Image, Apply(1, 0));
        var halved = Apply(1, 0, normalization: new PixelNormalization { Mean = [1, 13], StandardDeviation = [2, 4] });
        Assert.Equal([0, 0.5f], halved[..2]);
        Assert.Equal([0, 0.25f], halved[12..14]);
    }

    [Fact]
    public void A_flip_mirrors_columns_in_about_half_of_the_images()
    {
        float[] mirrored = [.. Image.Chunk(4).SelectMany(row => row.Reverse())];
        var results = Enumerable.Range(0, 400).Select(seed => Apply((ulong)seed, 0, flip: true)).ToArray();
        Assert.All(results, result => Assert.True(result.SequenceEqual(Image) || result.SequenceEqual(mirrored)));
        Assert.InRange(results.Count(result => result.SequenceEqual(mirrored)), 150, 250);
    }

    [Fact]
    public void Crops_shift_all_channels_alike_and_show_zero_or_the_mirror_image_beyond()
    {
        foreach (var fill in new[] { CropFill.Zero, CropFill.Reflect })
        {
            var seen = new HashSet<(int, int)>();
            for (ulong seed = 0; seed < 300; seed++)
            {
                var result = Apply(seed, 2, fill);
                var matches = (from down in Enumerable.Range(-2, 5) from right in Enumerable.Range(-2, 5)
                               where result.SequenceEqual(Shifted(down, right, fill)) select (down, right)).ToArray();
                Assert.NotEmpty(matches);
                seen.UnionWith(matches);
            }

            Assert.Equal(25, seen.Count);
        }
    }

    [Fact]
    public void Beyond_a_zero_crop_lies_the_pixel_value_zero_normalised()
    {
        var normalization = new PixelNormalization { Mean = [10, 10], StandardDeviation = [2, 2] };
        var result = Enumerable.Range(0, 50).Select(seed => Apply((ulong)seed, 2, normalization: normalization))
            .First(r => r[0] != (1 - 10) / 2f && r[..4].Distinct().Count() == 1);
        Assert.Equal(-5, result[0]);
    }

    [Fact]
    public void Padding_beyond_the_image_mirrors_again_and_again()
    {
        for (ulong seed = 0; seed < 50; seed++) Assert.All(Apply(seed, 20, CropFill.Reflect), value => Assert.InRange(value, 1, 24));
    }

    [Theory]
    [InlineData(32, 32, 1000, 4)]
    [InlineData(224, 64, 81, 4)]
    [InlineData(28, 28, 1000, 3)]
    [InlineData(8, 16, 1000, 1)]
    [InlineData(4, 4, 1000, 0)]
    [InlineData(224, 224, 1, 0)]
    [InlineData(32, 32, 8, 0)]
    [InlineData(32, 32, 9, 1)]
    [InlineData(32, 32, 24, 1)]
    [InlineData(32, 32, 25, 2)]
    [InlineData(32, 32, 30, 2)]
    [InlineData(32, 32, 49, 3)]
    [InlineData(32, 32, 80, 3)]
    public void Default_padding_has_no_more_places_than_the_run_has_epochs_and_is_less_for_small_images(int height,
        int width, int epochs, int expected)
        => Assert.Equal(expected, new ImageTrainingOptions().CropPadding(height, width, epochs));

    private static float[] Shifted(int down, int right, CropFill fill)
    {
        return [.. from c in Enumerable.Range(0, 2) from y in Enumerable.Range(0, 3) from x in Enumerable.Range(0,
            4) select Pixel(c, y + down, x + right)];

        float Pixel(int c, int y, int x)
        {
            if (fill == CropFill.Reflect)
            {
                y = y < 0 ? -y : y > 2 ? 4 - y : y;
                x = x < 0 ? -x : x > 3 ? 6 - x : x;
            }

            return y is >= 0 and < 3 && x is >= 0 and < 4 ? Image[c * 12 + y * 4 + x] : 0;
        }
    }
}
