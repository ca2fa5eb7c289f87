using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public sealed class PassingGradientsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Its_memory_is_what_the_estimate_foretells(int size)
    {
        var options = new VisionTransformerOptions
        {
            ImageHeight = 16, ImageWidth = 16, Channels = 1, Classes = 3, PatchSize = 4, Width = 32, Depth = 5, Heads = 2,
                FeedForwardWidth = 64,
        };
        var training = new TrainingOptions
        {
            BatchSize = 8, OptimizerInBackward = true,
            Distributed = new() { Ranks = InProcessRanks.Create(size)[0], Parts = 4 },
        };
        using var network = new VisionTransformer(options, seed: 1);
        using var optimizer = new AdamW(ParameterGroups.Of(network));

        using var gradients = new PassingGradients(optimizer, new GradientRanges(optimizer, [network.Blocks]).Slots,
            training.Distributed.TreeLevels, blocksAtOnce: size > 1 ? 2 : 1);

        Assert.Equal(MemoryEstimate.ForImages(options, training).Gradients, gradients.Bytes);
        var whole = MemoryEstimate.ForImages(options, training with { OptimizerInBackward = false }).Gradients;
        Assert.True(gradients.Bytes < whole, $"{gradients.Bytes} of {whole} bytes");
    }
}
