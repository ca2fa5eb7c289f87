using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Tests.Distributed;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.Training;

/// <summary>How the moments of an optimizer are dealt to ranks.</summary>
public sealed class OptimizerSharesTests
{
    private static readonly VisionTransformerOptions Network = new()
    {
        ImageHeight = 16, ImageWidth = 16, Channels = 1, Classes = 3, PatchSize = 4, Width = 64, Depth = 6, Heads = 2,
            FeedForwardWidth = 256,
    };

    [Theory]
    [InlineData(2, OptimizerKind.Muon, MomentFormat.Float32)]
    [InlineData(4, OptimizerKind.Muon, MomentFormat.EightBits)]
    [InlineData(4, OptimizerKind.AdamW, MomentFormat.Float32)]
    [InlineData(8, OptimizerKind.AdamW, MomentFormat.EightBits)]
    public void Every_moment_is_kept_by_one_rank_and_all_ranks_keep_about_as_much_as_was_foretold(int size, OptimizerKind kind,
        MomentFormat format)
    {
        using var network = new VisionTransformer(Network, seed: 1);
        var matrices = BlockMatrices.Of([network.Blocks]);
        var groups = ParameterGroups.Of(network, null, null, kind == OptimizerKind.Muon ? matrices : null);
        var inEightBits = format == MomentFormat.EightBits
            ? matrices.Keys.ToHashSet<torch.Tensor>(ReferenceEqualityComparer.Instance) : null;
        using var whole = Optimizer(null);
        var optimizers = InProcessRanks.Create(size).Select(Optimizer).ToArray();
        try
        {
            Assert.Equal(whole.State.Select(pair => pair.Key).Order(StringComparer.Ordinal),
                optimizers.SelectMany(each => each.State).Select(pair => pair.Key).Order(StringComparer.Ordinal));
            var sizes = optimizers.Select(each => Bytes(each.State)).ToArray();
            var (mean, largest) = ((double)Bytes(whole.State) / size, whole.Slots.Max(slot => Bytes(slot.State)));
            Assert.InRange(sizes.Max(), mean, mean + largest);

            var estimate = MemoryEstimate.ForImages(Network, new TrainingOptions
            {
                BatchSize = 8, Optimizer = kind, MomentFormat = format,
                Distributed = new() { Ranks = InProcessRanks.Create(size)[0], ShardOptimizer = true },
            });
            Assert.Equal(Math.Ceiling(mean), estimate.Optimizer);
        }
        finally
        {
            foreach (var optimizer in optimizers) optimizer.Dispose();
        }

        AdamW Optimizer(RankGroup? ranks) => new(groups, 0.9, 0.999, 1e-8, 0.05, 0.95, inEightBits, ranks);
    }

    [Fact]
    public void Without_other_ranks_there_is_nothing_to_share()
        => Assert.False(new DistributedOptions { ShardOptimizer = true }.SharesMoments);

    private static long Bytes(IEnumerable<KeyValuePair<string, torch.Tensor>> state)
        => state.Sum(pair => pair.Value.numel() * pair.Value.element_size());
}
