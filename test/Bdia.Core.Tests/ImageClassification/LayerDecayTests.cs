using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.ImageClassification;

public class LayerDecayTests
{
    private static VisionTransformerOptions Network => new()
    {
        ImageHeight = 8, ImageWidth = 8, Width = 16, Heads = 2, Depth = 3, FeedForwardWidth = 16, PreNorm = true, RegisterTokens = 1,
    };

    [Fact]
    public void A_layer_is_trained_slower_by_the_decay_for_every_layer_above_it()
    {
        using var network = new VisionTransformer(Network, 1);
        var task = Task(network, 0.5);
        foreach (var (name, expected) in ((string, double)[])[("head.weight", 1), ("norm.bias", 1), ("blocks.2.attn.qkv.weight", 0.5),
            ("blocks.0.norm1.bias", 0.125), ("patch_embed.proj.weight", 0.0625), ("cls_token", 0.0625), ("reg_token", 0.0625),
            ("pos_embed", 0.0625), ("norm_pre.weight", 0.0625)])
            Assert.Equal(expected, task.RateScale(name));
        Assert.Equal(1, Task(network, null).RateScale("cls_token"));
    }

    [Fact]
    public void A_step_is_that_of_an_optimizer_with_the_rate_of_the_layer_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        using VisionTransformer network = new(Network, 1), other = new(Network, 1);
        var task = Task(network, 0.5);
        using var optimizer = new AdamW(ParameterGroups.Of(network, VisionTransformer.WithoutDecay, task.RateScale));
        Gradients(network);
        for (var step = 1; step <= 3; step++) optimizer.Step(step, 0.01);
        var parameters = network.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var group in other.named_parameters().GroupBy(p => task.RateScale(p.name)))
        {
            var names = group.Select(p => p.name).ToHashSet();
            var decay = group.Where(p => p.parameter.dim() > 1 && !VisionTransformer.WithoutDecay.Contains(p.name)).Select(p => p.name)
                .ToHashSet();
            using var own = new AdamW(new(group.Select(p => (p.name, (Tensor)p.parameter)), decay, names.Except(decay)));
            Gradients(other);
            for (var step = 1; step <= 3; step++) own.Step(step, 0.01 * group.Key);
            foreach (var (name, parameter) in group)
                // The bias correction and the scale are multiplied in the other order.
                Assert.InRange((parameter - parameters[name]).abs().max().item<float>(), 0, 1e-8);
            foreach (var parameter in other.parameters()) parameter.grad = null;
        }
    }

    private static void Gradients(VisionTransformer network)
    {
        foreach (var parameter in network.parameters()) parameter.grad = parameter.detach().cos();
    }

    private static ImageClassificationTask Task(VisionTransformer network, double? decay)
        => new(network, new() { Mean = [0, 0, 0], StandardDeviation = [1, 1, 1] }, new(), null,
            new Dictionary<string, string>(), CPU, decay);
}
