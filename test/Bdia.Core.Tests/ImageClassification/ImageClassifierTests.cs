using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using TorchSharp;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class ImageClassifierTests
{
    private static ImageClassifier New(VisionTransformerOptions? options = null, ulong seed = 3)
    {
        options ??= ImageClassifierTrainingTests.Tiny;
        var normalization = new PixelNormalization { Mean = Enumerable.Repeat(100.0, options.Channels).ToArray(),
            StandardDeviation = Enumerable.Repeat(50.0, options.Channels).ToArray() };
        return new ImageClassifier(new VisionTransformer(options, seed), normalization);
    }

    private static float[] Pixels(int images)
    {
        var random = RandomSequence.At(5);
        return [.. Enumerable.Range(0, images * 64).Select(_ => (float)(255 * random.NextUniform()))];
    }

    private static float[] Score(ImageClassifier classifier, float[] pixels)
    {
        var probabilities = new float[pixels.Length / 64 * classifier.Model.Options.Classes];
        classifier.Score(pixels, pixels.Length / 64, probabilities);
        return probabilities;
    }

    [Fact]
    public void Every_row_sums_to_one_also_with_a_thousand_classes()
    {
        using var classifier = New(ImageClassifierTrainingTests.Tiny with { Classes = 1000 });
        Assert.All(Score(classifier, Pixels(9)).Chunk(1000), row => Assert.Equal(1, row.Sum(p => (double)p), 1e-6));
    }

    [Fact]
    public void A_score_does_not_depend_on_the_batch_beyond_rounding()
    {
        using var classifier = New();
        var pixels = Pixels(1000); // more than one pass
        var together = Score(classifier, pixels);
        var alone = pixels.Chunk(64).SelectMany(image => Score(classifier, image)).ToArray();
        // a sum that is rounded to the other side of the grid moves a state by 2^-9
        Assert.All(together.Zip(alone), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Empty(Score(classifier, []));
    }

    [Fact]
    public void Threads_share_a_classifier()
    {
        using var classifier = New();
        var pixels = Pixels(20);
        var expected = Score(classifier, pixels);
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Assert.Equal(expected, Score(classifier, pixels)));
    }

    [Fact]
    public void Saved_and_loaded_it_scores_bit_for_bit_alike()
    {
        using var classifier = New();
        using var stream = new MemoryStream();
        classifier.SaveWeights(stream);
        stream.Position = 0;
        using var loaded = ImageClassifier.Load(stream, classifier.ToJson());

        Assert.Equal(Score(classifier, Pixels(20)), Score(loaded, Pixels(20)));
        Assert.Equal(classifier.Model.Options.ToString(), loaded.Model.Options.ToString());
        Assert.Null(loaded.Result);
    }

    [Fact]
    public void Altered_descriptions_and_weights_are_refused_plainly()
    {
        using var classifier = New();
        using var stream = new MemoryStream();
        classifier.SaveWeights(stream);
        var (weights, json) = (stream.ToArray(), classifier.ToJson());

        Refuses("format version 3; this library reads versions 1 and 2", weights,
            json.Replace("\"FormatVersion\": 1", "\"FormatVersion\": 3", StringComparison.Ordinal));
        Refuses("not written by this library", weights, "{}");
        Refuses("cannot be read", weights, json[..^20]);
        Refuses("cannot be read", weights, "[]");
        Refuses("options and weights do not belong together", weights,
            json.Replace("\"Width\": 16", "\"Width\": 32", StringComparison.Ordinal));
        Refuses("normalisation", weights, json.Replace("50", "-50", StringComparison.Ordinal));
        Refuses("stream", weights[..^5], json);

        static void Refuses(string text, byte[] weights, string json)
            => Assert.Contains(text, Assert.Throws<InvalidDataException>(
                () => ImageClassifier.Load(new MemoryStream(weights), json)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_lengths_and_pixels_that_are_not_finite_are_named()
    {
        using var classifier = New();
        Assert.Contains("63 pixel values for 1 images, which need 64", Fault(63, 1, 2), StringComparison.Ordinal);
        Assert.Contains("room for 3 probabilities of 1 images, which need 2", Fault(64, 1, 3), StringComparison.Ordinal);
        var pixels = Pixels(3);
        pixels[64 + 7] = float.NaN;
        Assert.Contains("Image 1 has the value NaN at position 7",
            Assert.Throws<ArgumentException>(() => Score(classifier, pixels)).Message, StringComparison.Ordinal);

        string Fault(int length, int count, int room) =>
            Assert.ThrowsAny<ArgumentException>(() => classifier.Score(new float[length], count, new float[room])).Message;
    }

    [Fact]
    public void Disposing_twice_is_fine_and_scoring_afterwards_is_not()
    {
        var classifier = New();
        classifier.Dispose();
        classifier.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Score(classifier, Pixels(1)));
    }

    [Fact]
    public void Scoring_leaves_no_tensor_behind()
    {
        using var classifier = New();
        Score(classifier, Pixels(5));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++) Score(classifier, Pixels(5));
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}
