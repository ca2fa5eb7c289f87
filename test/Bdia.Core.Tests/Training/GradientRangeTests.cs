using Bdia.Core.Models;
using Bdia.Core.Tests.Distributed;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

public sealed class GradientRangeTests
{
    [Fact]
    public void Every_block_has_a_range_in_the_order_of_the_backward_pass_and_all_else_comes_last()
    {
        using var network = new VisionTransformer(SharedTrainingTests.Random, seed: 1);
        using var optimizer = new AdamW(ParameterGroups.Of(network));

        var ranges = new GradientRanges(optimizer, [network.Blocks]);

        var depth = network.Blocks.Residuals.Count;
        Assert.Equal(depth + 1, ranges.Slots.Count);
        for (var block = 0; block < depth; block++)
        {
            Assert.Equal(depth - 1 - block, ranges.Of(network.Blocks.Residuals[block]));
            Assert.Equal(network.Blocks.Residuals[block].parameters(), ranges.Slots[depth - 1 - block].Select(slot => slot.Parameter));
        }

        Assert.Equal(optimizer.Slots.Select(slot => slot.Name).Order(StringComparer.Ordinal),
            ranges.Slots.SelectMany(range => range).Select(slot => slot.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_several_stacks_have_in_common_comes_after_all_of_them()
    {
        using var network = new VisionTransformer(SharedTrainingTests.Random, seed: 1);
        using var optimizer = new AdamW(ParameterGroups.Of(network));

        var ranges = new GradientRanges(optimizer, [network.Blocks, network.Blocks]);

        Assert.All(ranges.Slots.SkipLast(1), Assert.Empty);
        Assert.Equal(optimizer.Slots.Count, ranges.Slots[^1].Count);
    }
}
