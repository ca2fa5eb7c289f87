using Bdia.Core.ImageClassification;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class PixelStoreTests
{
    [Fact]
    public void Whole_numbers_up_to_255_take_a_byte_each()
    {
        var store = new PixelStore(3, asBytes: true);
        store.Add([0, 128, 255]);
        Assert.True(store.IsBytes);
        Assert.Equal(3, store.RowBytes);
        Assert.Equal([0, 128, 255], Row(store, 0));
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(-1f)]
    [InlineData(256f)]
    public void The_first_other_value_turns_all_rows_into_floats_without_loss(float other)
    {
        var store = new PixelStore(2, asBytes: true);
        for (var i = 0; i < 1000; i++) store.Add([i % 256, 7]);
        store.Add([other, 3]);
        Assert.False(store.IsBytes);
        Assert.Equal(8, store.RowBytes);
        Assert.Equal([999 % 256, 7], Row(store, 999));
        Assert.Equal([other, 3], Row(store, 1000));
    }

    [Fact]
    public void Rows_in_several_blocks_keep_apart()
    {
        const int pixels = 300_000; // three rows of floats to a block
        var store = new PixelStore(pixels, asBytes: false);
        for (var i = 0; i < 8; i++) store.Add(Enumerable.Repeat(i + 0.25f, pixels).ToArray());
        store.Set(4, Enumerable.Repeat(-9f, pixels).ToArray());
        for (var i = 0; i < 8; i++) Assert.False(Row(store, i).AsSpan().ContainsAnyExcept(i == 4 ? -9f : i + 0.25f));
    }

    [Fact]
    public void Moments_of_parts_add_up_to_those_of_the_whole_far_from_zero()
    {
        var values = Enumerable.Range(0, 1000).Select(i => 1e6f + i % 7).ToArray();
        var whole = PixelMoments.Of(values);
        var parts = default(PixelMoments);
        foreach (var part in values.Chunk(37)) parts = parts.With(PixelMoments.Of(part));

        Assert.Equal(1000, parts.Count);
        Assert.Equal(values.Average(v => (double)v), parts.Mean, 6);
        Assert.Equal(whole.Deviations, parts.Deviations, 3);
        Assert.Equal(values.Sum(v => Math.Pow(v - values.Average(w => (double)w), 2)), parts.Deviations, 3);
    }

    [Fact]
    public void A_constant_channel_is_divided_by_one()
    {
        var normalization = PixelNormalization.From([PixelMoments.Of([5, 5, 5]), PixelMoments.Of([1, 3])]);
        Assert.Equal([5, 2], normalization.Mean);
        Assert.Equal([1, 1], normalization.StandardDeviation);
        var result = new float[4];
        normalization.Apply([5, 6, 1, 3], result);
        Assert.Equal([0, 1, -1, 1], result);
    }

    private static float[] Row(PixelStore store, int row)
    {
        var pixels = new float[store.RowBytes / (store.IsBytes ? 1 : 4)];
        store.CopyTo(row, pixels);
        return pixels;
    }
}
