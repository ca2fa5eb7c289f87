using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.MemoryEstimates;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

/// <summary>Networks whose lower blocks are not trained.</summary>
public class FrozenBlocksTests
{
    private static readonly Gen<VisionTransformerOptions> Frozen = Gen.Select(MemoryEstimateTests.Pictures, Gen.Int[0, 4],
        (options, frozen) => options with { FrozenBlocks = Math.Min(frozen, options.Depth), StochasticDepth = 0.2, Dropout = 0.2 });

    [Fact]
    public void All_modes_give_the_same_values_and_gradients_bit_for_bit_and_frozen_weights_get_none() => Frozen.Sample(options =>
    {
        using var scope = NewDisposeScope();
        var outcomes = Enum.GetValues<BackpropagationMode>().Select(mode => Outcome(options, mode)).ToArray();
        foreach (var other in outcomes.Skip(1))
        {
            Assert.Equal(outcomes[0].Keys, other.Keys);
            foreach (var (name, value) in outcomes[0]) Assert.True(value.Equals(other[name]), name);
        }

        string[] below = ["cls_token", "reg_token", "pos_embed", "patch_embed.", "norm_pre.",
            .. Enumerable.Range(0, options.FrozenBlocks).Select(k => $"blocks.{k}.")];
        if (options.FrozenBlocks > 0)
            Assert.DoesNotContain(outcomes[0].Keys, name => below.Any(start => name.StartsWith(start, StringComparison.Ordinal)));
        Assert.Contains("head.weight", outcomes[0].Keys);
    }, iter: 60, threads: 1);

    [Fact]
    public void States_of_the_trained_part_are_rebuilt_bit_for_bit() => Frozen.Where(options => options.FrozenBlocks < options.Depth - 1)
        .Sample(options =>
    {
        using var scope = NewDisposeScope();
        using var network = new VisionTransformer(options with { Stack = new() { Gamma = GammaSchedule.Exponent(2) } }, 1);
        using var generator = new Generator(3);
        var report = ReversibilityProbe.Run(network.Blocks, randn([2, options.Tokens, options.Width], generator: generator));
        Assert.Equal(0, report.DifferingElements);
        Assert.True(report.Elements > 0);
    }, iter: 30, threads: 1);

    [Fact]
    public void Without_randomness_the_frozen_part_gives_what_it_gives_when_scoring()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var options = new VisionTransformerOptions { ImageHeight = 8, ImageWidth = 8, Width = 16, Heads = 2, Depth = 4, FrozenBlocks = 4 };
        using var network = new VisionTransformer(options with { Dropout = 0.5, StochasticDepth = 0.5 }, 1);
        var images = randn([3, 3, 8, 8], generator: generator);
        network.train();
        var training = network.forward(images);
        Assert.True(training.requires_grad); // of the head
        network.eval();
        using var noGraph = no_grad();
        Assert.True(training.detach().Equals(network.forward(images)));
    }

    [Fact]
    public void Weights_gradients_and_moments_are_those_that_are_estimated() => Frozen.Sample(options =>
    {
        using var network = new VisionTransformer(options, 1);
        using var optimizer = new AdamW(ParameterGroups.Of(network));
        optimizer.ZeroGradients();
        var estimate = MemoryEstimateTests.Of(options);
        Assert.Equal(network.parameters().Sum(p => p.numel() * sizeof(float)), estimate.Weights);
        Assert.Equal(network.parameters().Where(p => p.requires_grad).Sum(p => p.numel() * sizeof(float)), estimate.Gradients);
        Assert.Equal(2 * estimate.Gradients, estimate.Optimizer);
        var none = MemoryEstimateTests.Of(options with { FrozenBlocks = 0 });
        Assert.True(estimate.Total <= none.Total);
    }, iter: 60);

    [Fact]
    public void Optimizing_within_the_backward_pass_gives_the_same_weights()
    {
        using var scope = NewDisposeScope();
        var options = new VisionTransformerOptions { ImageHeight = 8, ImageWidth = 8, Width = 16, Heads = 2, Depth = 4, FrozenBlocks = 2 };
        using var generator = new Generator(3);
        var images = randn([3, 3, 8, 8], generator: generator);
        using VisionTransformer apart = new(options, 1), within = new(options, 1);
        using AdamW first = new(ParameterGroups.Of(apart)), second = new(ParameterGroups.Of(within));
        using var inBackward = new AdamWInBackward(second, [within.Blocks]);
        apart.train();
        within.train();
        first.ZeroGradients();
        apart.forward(images).sum().backward();
        first.Step(1, 0.01);
        inBackward.Step(() => within.forward(images).sum().backward(), 1, 0.01);
        var expected = apart.state_dict();
        Assert.All(within.state_dict(), item => Assert.True(item.Value.Equals(expected[item.Key]), item.Key));
    }

    [Fact]
    public void More_blocks_than_there_are_cannot_be_frozen()
        => Assert.Contains("FrozenBlocks is 7; it must be 0..6", Assert.Throws<ArgumentException>(
            () => new VisionTransformerOptions { FrozenBlocks = 7 }.Validate()).Message, StringComparison.Ordinal);

    private static Dictionary<string, Tensor> Outcome(VisionTransformerOptions options, BackpropagationMode mode)
    {
        using var generator = new Generator(3);
        var images = randn([2, options.Channels, options.ImageHeight, options.ImageWidth], generator: generator);
        using var network = new VisionTransformer(options with { Stack = options.Stack with { Mode = mode } }, 1);
        network.train();
        var logits = network.forward(images);
        logits.Squared().sum().backward();
        var outcome = network.named_parameters().Where(p => p.parameter.grad is not null)
            .ToDictionary(p => p.name, p => p.parameter.grad!.clone());
        outcome.Add("logits", logits.detach().clone());
        return outcome;
    }
}
