using Bdia.MLNet;
using Bdia.Reports.Pages;
using Bdia.Tool.Tests.Support;
using Microsoft.ML;

namespace Bdia.Tool.Tests.Reports;

[Collection(nameof(ModelTests))]
public sealed class AttentionRolloutTests(Trained trained)
{
    // The rollout's own pass through the network is held to the library's: else it would show another network's attention.
    [Fact]
    public void Its_network_is_the_model_and_its_weights_are_shares()
    {
        using var loaded = (IDisposable)new MLContext(1).Model.Load(trained.Pictures(), out _);
        var classifier = ((ITransformer)loaded).Part<BdiaImageClassificationTransformer>().Model;
        var options = classifier.Model.Options;
        Assert.True(AttentionRollout.Knows(options));
        var random = new Random(1);
        for (var i = 0; i < 5; i++)
        {
            var pixels = Enumerable.Range(0, options.Channels * options.ImageHeight * options.ImageWidth)
                .Select(_ => (float)random.Next(256)).ToArray();
            var expected = new float[options.Classes];
            classifier.Score(pixels, 1, expected);

            var (patches, probabilities) = AttentionRollout.Of(classifier, pixels);

            // The model's states are on a grid of 2^-9, these are not.
            Assert.All(expected.Zip(probabilities), pair => Assert.Equal(pair.First, pair.Second, 0.03f));
            Assert.Equal(options.ImageHeight * options.ImageWidth / options.PatchSize / options.PatchSize, patches.Length);
            Assert.All(patches, weight => Assert.InRange(weight, 0, 1));
            Assert.InRange(patches.Sum(), 0.01f, 1.0001f);
        }
    }
}
