using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class PatchEmbeddingTests
{
    [Theory]
    [InlineData(1, 2, 6, 8)]
    [InlineData(3, 4, 8, 4)]
    [InlineData(3, 1, 3, 5)]
    public void Equals_the_convolution_it_is_named_after(int channels, int patch, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new PatchEmbedding(channels, patch, 10, generator);
        var (weight, bias) = (layer.get_parameter("proj.weight")!, layer.get_parameter("proj.bias")!);
        var images = Stacks.Normal(2, 3, channels, height, width);

        var tokens = layer.forward(images);

        Assert.Equal([3, height / patch * (width / patch), 10], tokens.shape);
        Assert.True(nn.functional.conv2d(images, weight, bias, strides: [patch, patch]).flatten(2).transpose(1, 2)
            .allclose(tokens, 1e-5, 1e-6));
    }

    [Fact]
    public void The_memory_layout_of_the_images_does_not_matter()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new PatchEmbedding(3, 4, 10, generator);
        var images = Stacks.Normal(2, 2, 8, 12, 3).permute(0, 3, 1, 2); // channels last

        Assert.True(layer.forward(images).Equals(layer.forward(images.contiguous())));
    }

    [Fact]
    public void In_bfloat16_tokens_are_float32_all_the_same()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new PatchEmbedding(3, 4, 10, generator, ComputePrecision.BFloat16);
        Assert.Equal(ScalarType.Float32, layer.forward(Stacks.Normal(2, 2, 3, 8, 8)).dtype);
    }

    [Theory]
    [InlineData(2, 3, 8, 9)]
    [InlineData(2, 1, 8, 8)]
    [InlineData(2, 3, 0, 8)]
    public void Images_that_cannot_be_cut_are_refused(params int[] shape)
    {
        using var generator = new Generator(1);
        using var layer = new PatchEmbedding(3, 4, 10, generator);
        using var images = zeros(shape.Select(size => (long)size).ToArray());
        var fault = Assert.Throws<ArgumentException>(() => layer.forward(images));
        Assert.StartsWith(
            $"Images have shape ({string.Join(", ", shape)}); give (B, 3, height, width) with sides that are multiples of the patch "
                + "size 4.",
            fault.Message, StringComparison.Ordinal);
    }
}
