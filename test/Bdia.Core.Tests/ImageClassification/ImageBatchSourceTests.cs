using Bdia.Core.ImageClassification;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class ImageBatchSourceTests
{
    private static readonly ImageShape Shape = new(1, 8, 8);
    private static readonly StopSignal Never = new(null, null, default);

    /// <summary>The whole path from rows to batches, over rows 0..count-1 without every third.</summary>
    private static ImageBatchSource Source(
        ToyImages rows, long budget = long.MaxValue, TrainingOptions? training = null, ImageTrainingOptions? images = null,
            ImageShape? shape = null)
    {
        var survey = ImageSurvey.Of(rows, "training", shape ?? Shape, 2, budget, hash: false, Never);
        int[] chosen = [.. Enumerable.Range(0, survey.Labels.Count).Where(row => row % 3 != 2)];
        return new ImageBatchSource(
            new ImageSubset(rows, survey, chosen, budget), survey.TakeNormalization(chosen), 2, training
                ?? new TrainingOptions { BatchSize = 7, Seed = 3 }, images ?? new(), new(0, 255));
    }

    private static List<(float[] Images, float[] Targets, long[] Labels, double Weight)> Read(ImageBatchSource source,
        int epoch = 0, int first = 0)
    {
        var result = new List<(float[], float[], long[], double)>();
        foreach (var batch in source.Read(epoch, first, CancellationToken.None))
        {
            using (batch) result.Add((batch.Images.data<float>().ToArray(), batch.Targets.data<float>().ToArray(),
                batch.Labels.data<long>().ToArray(), batch.Weight));
        }

        return result;
    }

    [Fact]
    public void Batches_hold_every_chosen_row_once_and_the_last_is_short()
    {
        var source = Source(new ToyImages(50), images: new() { AugmentCropPadding = 0, AugmentFlip = false });
        var batches = Read(source);
        Assert.Equal(5, source.BatchCount(0));
        Assert.Equal([7, 7, 7, 7, 6], batches.Select(batch => batch.Labels.Length)); // 34 rows
        Assert.Equal(34, batches.SelectMany(batch => batch.Images.Chunk(64)).Select(image => string.Join(",", image)).Distinct().Count());
        Assert.NotEqual(batches[0].Images, Read(source, epoch: 1)[0].Images);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reading_anew_gives_the_same_batches_as_memory_where_the_window_holds_all(bool whole)
    {
        var images = new ImageTrainingOptions { MixupAlpha = 0.4, AugmentCropPadding = 2 };
        var rowBytes = whole ? 64 : 256;
        var memory = Read(Source(new ToyImages(50, whole: whole), images: images), epoch: 2);
        var rows = new ToyImages(50, whole: whole);
        var streamed = Read(Source(rows, budget: 34 * rowBytes, images: images), epoch: 2); // 50 rows exceed it, the 34 chosen do not

        Assert.Equal(2, rows.Passes);
        Assert.Equal(memory.Count, streamed.Count);
        for (var i = 0; i < memory.Count; i++)
        {
            Assert.Equal(memory[i].Images, streamed[i].Images);
            Assert.Equal(memory[i].Targets, streamed[i].Targets);
            Assert.Equal(memory[i].Labels, streamed[i].Labels);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(33)]
    public void A_smaller_window_still_visits_every_row_once_an_epoch(int window)
    {
        var source = Source(new ToyImages(50), budget: window * 64, images: new() { AugmentCropPadding = 0, AugmentFlip = false });
        var first = Read(source).SelectMany(batch => batch.Images.Chunk(64)).Select(image => string.Join(",", image)).ToArray();
        var second = Read(source, epoch: 1).SelectMany(batch => batch.Images.Chunk(64)).Select(image => string.Join(",", image)).ToArray();
        Assert.Equal(34, first.Distinct().Count());
        Assert.Equal(first.Order(), second.Order());
        Assert.Equal(window == 1, first.SequenceEqual(second)); // a window of one row cannot shuffle
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(10 * 64)]
    public void A_resumed_epoch_gives_the_rest_of_the_same_batches(long budget)
    {
        var source = Source(new ToyImages(50), budget, images: new() { MixupAlpha = 1 });
        var whole = Read(source, epoch: 4);
        var rest = Read(source, epoch: 4, first: 3);
        Assert.Equal(whole.Skip(3).Select(batch => string.Join(",", batch.Images)), rest.Select(batch => string.Join(",", batch.Images)));
        Assert.Empty(Read(source, epoch: 4, first: 5));
    }

    [Fact]
    public void Targets_carry_smoothing_and_class_weights()
    {
        var source = Source(
            new ToyImages(50), training: new TrainingOptions { BatchSize = 40, LabelSmoothing = 0.2 },
                images: new() { ClassWeights = [1, 3] });
        var (_, targets, labels, weight) = Read(source).Single();
        Assert.Equal(labels.Sum(label => label == 0 ? 1.0 : 3.0), weight, 6);
        for (var i = 0; i < labels.Length; i++)
        {
            float[] expected = labels[i] == 0 ? [0.9f, 0.1f] : [0.3f, 2.7f];
            Assert.Equal(expected[0], targets[2 * i], 6);
            Assert.Equal(expected[1], targets[2 * i + 1], 6);
        }
    }

    [Fact]
    public void Mixup_blends_neighbours_and_keeps_the_larger_share_of_the_own_image()
    {
        var none = new ImageTrainingOptions { AugmentCropPadding = 0, AugmentFlip = false };
        var plain = Read(Source(new ToyImages(50), images: none));
        var mixed = Read(Source(new ToyImages(50), images: none with { MixupAlpha = 1 }));
        for (var b = 0; b < plain.Count; b++)
        {
            var (images, blends) = (plain[b].Images.Chunk(64).ToArray(), mixed[b].Images.Chunk(64).ToArray());
            for (var i = 0; i < images.Length; i++)
            {
                var next = images[(i + 1) % images.Length];
                var pixel = Array.FindIndex(images[i].Zip(next).ToArray(), pair => Math.Abs(pair.First - pair.Second) > 0.5f);
                var share = (blends[i][pixel] - next[pixel]) / (images[i][pixel] - next[pixel]);
                Assert.InRange(share, 0.499, 1.001);
                for (var p = 0; p < 64; p++) Assert.Equal(share * images[i][p] + (1 - share) * next[p], blends[i][p], 0.001f);
                var own = plain[b].Labels[i];
                var expected = own == plain[b].Labels[(i + 1) % images.Length] ? 1 : share;
                Assert.Equal(expected, mixed[b].Targets[2 * i + own], 0.001f);
                Assert.Equal(own, mixed[b].Labels[i]);
            }
        }
    }

    [Fact]
    public void Mixup_keeps_each_class_at_its_own_weight()
    {
        // Worked by hand: 3/4 of the own image and 1/4 of the other, class 1 counting threefold.
        using var writer = new ImageBatchWriter(new ImageShape(1, 1, 1), classes: 2, count: 2);
        writer.Add(0, 1, smoothing: 0)[0] = 0;
        writer.Add(1, 3, smoothing: 0)[0] = 0;
        writer.Mix(() => new(0.75, null));
        using var batch = writer.ToBatch();
        Assert.Equal([0.75f, 0.75f, 0.25f, 2.25f], batch.Targets.data<float>().ToArray());
        Assert.Equal(0.75 + 0.25 * 3 + (0.25 + 0.75 * 3), batch.Weight);
    }

    [Fact]
    public void A_budget_within_which_rows_fit_reads_them_once()
    {
        var rows = new ToyImages(50);
        var source = Source(rows, budget: 50 * 64);
        for (var epoch = 0; epoch < 3; epoch++) Read(source, epoch);
        Assert.Equal(1, rows.Passes);
    }

    [Fact]
    public void Data_that_changes_between_passes_is_found()
    {
        var shrinking = 0;
        var rows = new ToyImages(50) { Change = (row, image) => row == 20 && shrinking++ > 0 ? image with { Label = 1 } : image };
        var fault = Assert.Throws<InvalidDataException>(() => Read(Source(rows, budget: 640)));
        Assert.Contains("row 20 has label 1, where the first pass saw 0", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Normalisation_is_measured_over_the_chosen_rows_alone()
    {
        var rows = new ToyImages(30) { Change = (row, image) => row % 3 == 2
            ? image with { Pixels = [.. Enumerable.Repeat(255f, 64)] } : image };
        var pixels = Read(Source(rows, images: new() { AugmentCropPadding = 0, AugmentFlip = false }))
            .SelectMany(batch => batch.Images).ToArray();
        Assert.Equal(0, pixels.Average(), 4);
        Assert.Equal(1, pixels.Average(pixel => pixel * pixel), 4);
    }

    [Fact]
    public void Abandoned_batches_leave_no_tensor_behind()
    {
        var source = Source(new ToyImages(50));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        foreach (var batch in source.Read(0, 0, CancellationToken.None))
        {
            batch.Dispose();
            break;
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void A_cut_shows_a_rectangle_of_the_next_image_and_its_share_of_the_label()
    {
        var plain = Read(Source(new ToyImages(50), images: new() { AugmentCropPadding = 0, AugmentFlip = false }));
        var mixed = Read(Source(new ToyImages(50), images: new() { AugmentCropPadding = 0, AugmentFlip = false, CutMixAlpha = 1 }));
        var cuts = 0;
        foreach (var (before, after) in plain.Zip(mixed))
        {
            var count = before.Labels.Length;
            Assert.Equal(before.Labels, after.Labels);
            for (var i = 0; i < count; i++)
            {
                var (own, other, image) = (before.Images.Chunk(64).ElementAt(i), before.Images.Chunk(64).ElementAt((i + 1) % count),
                    after.Images.Chunk(64).ElementAt(i));
                var foreign = Enumerable.Range(0, 64).Where(at => image[at] != own[at]).ToArray();
                Assert.All(foreign, at => Assert.Equal(other[at], image[at]));
                if (foreign.Length == 0) continue;
                cuts++;
                var (across, down) = (foreign.Select(at => at % 8).Distinct().Count(), foreign.Select(at => at / 8).Distinct().Count());
                Assert.True(across * down <= 32); // the larger part is the image's own
                for (var k = 0; k < 2; k++)
                {
                    var share = across * down / 64f;
                    Assert.Equal((1 - share) * before.Targets[2 * i + k] + share * before.Targets[2 * ((i + 1) % count) + k],
                        after.Targets[2 * i + k], 1e-6f);
                }
            }
        }

        Assert.True(cuts > 20);
    }

    [Fact]
    public void Of_both_ways_of_mixing_chance_takes_one_for_the_share_of_images_that_is_asked_for()
    {
        var none = new ImageTrainingOptions { AugmentCropPadding = 0, AugmentFlip = false };
        var both = none with { MixupAlpha = 1, CutMixAlpha = 1, MixProbability = 0.5 };
        var plain = Images(none);
        var (kept, cut, blended) = (0, 0, 0);
        foreach (var (own, image) in plain.Zip(Images(both)))
        {
            var foreign = own.Zip(image).Count(pair => pair.First != pair.Second);
            if (foreign == 0) kept++;
            else if (foreign <= 32) cut++;
            else blended++;
        }

        Assert.InRange(kept, 40, 110);
        Assert.InRange(cut, 15, 70);
        Assert.InRange(blended, 15, 70);
        Assert.Equal(plain, Images(both with { MixProbability = 0 }));

        static List<float[]> Images(ImageTrainingOptions images)
            => [.. Read(Source(new ToyImages(200, whole: false), images: images)).SelectMany(batch => batch.Images.Chunk(64))];
    }

    [Fact]
    public void Every_augmentation_is_the_same_when_an_epoch_is_gone_on_with()
    {
        var images = new ImageTrainingOptions { AugmentPolicy = AugmentPolicy.TrivialAugment, RandomErasing = 0.5, CutMixAlpha = 1,
            MixupAlpha = 0.5, MixProbability = 0.8, AugmentCropPadding = 1 };
        var whole = Read(Source(new ToyImages(50), images: images), epoch: 3);
        Assert.NotEqual(whole[0].Images, Read(Source(new ToyImages(50)), epoch: 3)[0].Images);
        var rest = Read(Source(new ToyImages(50), images: images), epoch: 3, first: 2);
        Assert.Equal(whole[2..].Select(batch => batch.Images), rest.Select(batch => batch.Images));
        Assert.Equal(whole[2..].Select(batch => batch.Targets), rest.Select(batch => batch.Targets));
        Assert.All(whole, batch => Assert.All(batch.Images, value => Assert.True(float.IsFinite(value))));
    }
}
