using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using TorchSharp;

namespace Bdia.Core.Tests.ImageClassification;

public class LossTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0.3, false)]
    [InlineData(0.3, true)]
    public void Loss_is_the_weighted_mean_of_smoothed_cross_entropies_worked_by_hand(double smoothing, bool mixed)
    {
        using var scope = torch.NewDisposeScope();
        var options = new VisionTransformerOptions { ImageHeight = 4, ImageWidth = 4, Channels = 1, Classes = 3,
            Width = 8, Depth = 2, Heads = 2, FeedForwardWidth = 8 };
        using var model = new VisionTransformer(options, seed: 5);
        var identity = new PixelNormalization { Mean = [0], StandardDeviation = [1] };
        var task = new ImageClassificationTask(model, identity, new(), null, new Dictionary<string, string>(), torch.CPU);
        int[] labels = [2, 0, 1, 2];
        float[] classWeights = [1, 2.5f, 4];
        using var writer = new ImageBatchWriter(new ImageShape(1, 4, 4), 3, labels.Length);
        for (var i = 0; i < labels.Length; i++) writer.Add(labels[i], classWeights[labels[i]], smoothing).Fill(i - 1.5f);
        var own = mixed ? 0.75 : 1;
        if (mixed) writer.Mix(() => new(own, null));
        using var batch = writer.ToBatch();

        var loss = task.Loss(batch);
        // the clock stands still: the same pass
        var logits = model.forward(batch.Images).data<float>().ToArray().Select(x => (double)x).Chunk(3).ToArray();

        double sum = 0, weights = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            foreach (var (label, share) in new[] { (labels[i], own), (labels[(i + 1) % labels.Length], 1 - own) })
            {
                var logSum = Math.Log(logits[i].Sum(Math.Exp));
                var entropy = Enumerable.Range(0, 3)
                    .Sum(c => -((c == label ? 1 - smoothing : 0) + smoothing / 3) * (logits[i][c] - logSum));
                sum += share * classWeights[label] * entropy;
                weights += share * classWeights[label];
            }
        }

        Assert.Equal(weights, loss.Weight, 1e-5);
        Assert.Equal(sum / weights, loss.Loss.item<float>(), 1e-5);
    }
}
