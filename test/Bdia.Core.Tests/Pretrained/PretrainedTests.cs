using Bdia.Core.Formats;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Pretrained;
using Bdia.Core.Tests.MemoryEstimates;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Pretrained;

public class PretrainedTests
{
    [Fact]
    public void Names_and_shapes_are_those_of_the_network() => MemoryEstimateTests.Pictures.Sample(options =>
    {
        using var network = new VisionTransformer(options, 1);
        Assert.Equal(network.state_dict().Select(item => $"{item.Key} {string.Join(",", item.Value.shape)}").Order(StringComparer.Ordinal),
            NetworkShapes.Of(options, hasHead: true).Select(item => $"{item.Name} {string.Join(",", item.Shape)}")
            .Order(StringComparer.Ordinal));
    }, iter: 100);

    [Fact]
    public void A_network_that_was_written_comes_back_with_the_same_bits()
    {
        using var files = new WeightFiles();
        var options = WeightFiles.Small with { LayerScale = true, QueryKeyNorm = true, RegisterTokens = 2 };
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(options), heads: 2);
        Assert.Equal(options, weights.Options);
        using var network = weights.Create(options, seed: 9);
        using var expected = new VisionTransformer(options, 3);
        AssertSame(expected, network, _ => true);
        Assert.Equal(9ul, network.Clock.Seed);
        using var again = PretrainedVisionTransformer.From(network).Create(options, seed: 1);
        AssertSame(expected, again, _ => true);
    }

    [Fact]
    public void Rows_of_the_head_are_kept_by_number_and_the_rest_is_drawn()
    {
        using var files = new WeightFiles();
        var options = WeightFiles.Small;
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(options), heads: 2);
        using var expected = new VisionTransformer(options, 3);
        using var network = weights.Create(options with { Classes = 3 }, seed: 9, [4, -1, 0]);
        AssertSame(expected, network, name => !name.StartsWith("head.", StringComparison.Ordinal));
        var (old, head) = (expected.state_dict()["head.weight"], network.state_dict()["head.weight"]);
        Assert.True(head[0].Equals(old[4]) && head[2].Equals(old[0]));
        Assert.InRange(head[1].abs().max().item<float>(), 0.01, 1);
        using var same = weights.Create(options with { Classes = 3 }, seed: 9, [-1, -1, -1]);
        Assert.True(same.state_dict()["head.weight"][1].Equals(head[1])); // by the seed
        using var other = weights.Create(options with { Classes = 3 }, seed: 10, [-1, -1, -1]);
        Assert.False(other.state_dict()["head.weight"][1].Equals(head[1]));
    }

    [Fact]
    public void A_head_of_other_classes_is_not_taken_unless_somebody_says_which()
    {
        using var files = new WeightFiles();
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(WeightFiles.Small), heads: 2);
        var fault = Assert.Throws<ArgumentException>(() => weights.Create(weights.Options with { Classes = 3 }, 1));
        Assert.Contains("3 classes, and the head has 5", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => weights.Create(weights.Options with { Classes = 3 }, 1, [0, 1, 5]));
        Assert.Throws<ArgumentException>(() => weights.Create(weights.Options with { Classes = 3 }, 1, [0, 1]));
    }

    [Fact]
    public void Options_of_another_network_are_refused_all_at_once()
    {
        using var files = new WeightFiles();
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(WeightFiles.Small), heads: 2);
        var fault = Assert.Throws<ArgumentException>(
            () => weights.Create(weights.Options with { Depth = 3, Heads = 4, NormEpsilon = 1e-5 }, 1));
        Assert.Contains("Depth is 3, where they have 2", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Heads is 4, where they have 2", fault.Message, StringComparison.Ordinal);
        Assert.Contains("NormEpsilon is 1E-05, where they have 1E-06", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_patches_in_another_order_are_refused_where_timm_would_leave_the_embedding_as_it_is()
    {
        using var files = new WeightFiles();
        files.Text("config.json", """{ "architecture": "vit_x_patch2_8", "model_args": { "img_size": [4, 16], "num_heads": 2 } }""");
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(WeightFiles.Small with { ImageHeight = 4, ImageWidth = 16 }));
        var fault = Assert.Throws<ArgumentException>(() => weights.Create(weights.Options with { ImageHeight = 8, ImageWidth = 8 }, 1));
        Assert.Contains("images are of 4x4 patches, and the position embedding is of 2x8", fault.Message, StringComparison.Ordinal);
        using var resampled = weights.Create(weights.Options with { ImageHeight = 8, ImageWidth = 12 }, 1);
        Assert.Equal(25, resampled.state_dict()["pos_embed"].shape[1]);
    }

    private static void AssertSame(VisionTransformer expected, VisionTransformer actual, Func<string, bool> compared)
    {
        var state = actual.state_dict();
        foreach (var (name, tensor) in expected.state_dict().Where(item => compared(item.Key)))
            Assert.True(tensor.Equals(state[name]), name);
    }
}
