using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;

namespace Bdia.Core.Tests.ImageClassification;

/// <summary>Scoring by several passes with weights γ of other signs.</summary>
public sealed class EnsembleTests
{
    private const int Values = 64;

    private static readonly PixelNormalization Normalization = new() { Mean = [100], StandardDeviation = [50] };

    private static ImageClassifier New(VisionTransformerOptions options) => new(new VisionTransformer(options, seed: 3), Normalization);

    private static float[] Pixels(int images)
    {
        var random = RandomSequence.At(5);
        return [.. Enumerable.Range(0, images * Values).Select(_ => (float)(255 * random.NextUniform()))];
    }

    private static float[] Score(ImageClassifier classifier, float[] pixels)
    {
        var probabilities = new float[pixels.Length / Values * classifier.Model.Options.Classes];
        classifier.Score(pixels, pixels.Length / Values, probabilities);
        return probabilities;
    }

    // Of two blocks the second one alone has a γ, so that two passes are the networks of ±γ.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Two_passes_of_two_blocks_are_the_mean_of_the_networks_of_either_sign(bool isMean, bool isFloat)
    {
        var tiny = ImageClassifierTrainingTests.Tiny with
        {
            Depth = 2, Pooling = isMean ? VisionTransformerPooling.Average : VisionTransformerPooling.ClassToken,
            Stack = isFloat ? new() { Quantize = false, Mode = BackpropagationMode.StoreActivations } : new(),
        };
        using var together = New(tiny);
        together.Ensemble = new() { Passes = 2, Gamma = 0.375 };
        var pixels = Pixels(7);
        var ofSigns = ((double[])[0.375, -0.375]).Select(gamma =>
        {
            using var one = New(tiny with { Stack = tiny.Stack with { InferenceGamma = gamma } });
            return Score(one, pixels);
        }).ToArray();
        Assert.Equal(ofSigns[0].Zip(ofSigns[1]).Select(pair => (float)(((double)pair.First + pair.Second) / 2)), Score(together, pixels));
    }

    [Fact]
    public void A_row_is_scored_as_without_the_rows_beside_it_and_the_same_every_time()
    {
        using var classifier = New(ImageClassifierTrainingTests.Tiny with { Depth = 5 });
        var pixels = Pixels(9);
        var standard = Score(classifier, pixels);
        classifier.Ensemble = new();
        var together = Score(classifier, pixels);
        Assert.Equal(together, Score(classifier, pixels));
        Assert.NotEqual(standard, together);
        Assert.All(together.Chunk(2), row => Assert.Equal(1, row.Sum(p => (double)p), 1e-6));
        var alone = pixels.Chunk(Values).SelectMany(image => Score(classifier, image)).ToArray();
        // Rounding of products over another number of rows alone.
        Assert.All(together.Zip(alone), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        classifier.Ensemble = null;
        Assert.Equal(standard, Score(classifier, pixels));
    }

    [Fact]
    public void Every_second_pass_has_the_opposite_signs_and_others_have_others()
    {
        var signs = Enumerable.Range(0, 64).Select(pass => Enumerable.Range(0, 12).Select(new GammaSigns(pass, 0.5).Of).ToArray())
            .ToArray();
        Assert.All(signs.SelectMany(pass => pass), gamma => Assert.Equal(0.5f, Math.Abs(gamma)));
        Assert.All(signs.Chunk(2), pair => Assert.Equal(pair[0], pair[1].Select(gamma => -gamma)));
        Assert.Equal(64, signs.Select(pass => string.Join(' ', pass)).Distinct().Count());
    }

    [Fact]
    public void What_is_out_of_range_is_told_and_an_ONNX_file_has_no_passes()
    {
        using var classifier = New(ImageClassifierTrainingTests.Tiny);
        var fault = Assert.Throws<ArgumentException>(() => classifier.Ensemble = new() { Passes = 1, Gamma = 1.5 }).Message;
        Assert.Contains("Passes is 1; it must be 2..256", fault, StringComparison.Ordinal);
        Assert.Contains("Gamma is 1.5; it must be above 0, at most 1", fault, StringComparison.Ordinal);
        Assert.Null(classifier.Ensemble);
        classifier.Ensemble = new();
        using var stream = new MemoryStream();
        Assert.Contains("Set Ensemble to null", Assert.Throws<NotSupportedException>(() => classifier.SaveOnnx(stream)).Message,
            StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }
}
