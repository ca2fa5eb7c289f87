using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.Support;

/// <summary>Classifiers as training would leave them, and pictures.</summary>
internal static class Networks
{
    public static VisionTransformerOptions Small => new()
    {
        ImageHeight = 8, ImageWidth = 12, Classes = 5, PatchSize = 4, Width = 24, Depth = 3, Heads = 3, FeedForwardWidth = 40,
    };

    public static BdiaStackOptions WithoutGrid => new() { Quantize = false, Mode = BackpropagationMode.StoreActivations };

    /// <summary>A classifier whose weights are spread so that its logits differ by some units.</summary>
    public static ImageClassifier Classifier(VisionTransformerOptions options, double spread = 1.5)
    {
        var network = new VisionTransformer(options, seed: 7);
        Spread(network, spread);
        return new ImageClassifier(network, new()
        {
            Mean = [.. Enumerable.Range(0, options.Channels).Select(channel => 110.0 + 7 * channel)],
            StandardDeviation = [.. Enumerable.Range(0, options.Channels).Select(channel => 60.0 + 3 * channel)],
        });
    }

    /// <summary>Spreads weights as training would.</summary>
    public static void Spread(nn.Module network, double factor = 1.5)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(11);
        foreach (var (_, parameter) in network.named_parameters())
        {
            // By tensors and a difference: numbers, and the factor that a sum has, may be freed during the call (see ScalarScan).
            if (parameter.dim() > 1) parameter.mul_(tensor(factor));
            else parameter.sub_(randn(parameter.shape, ScalarType.Float32, CPU, generator: generator).mul(tensor(-0.1)));
        }
    }

    /// <summary>Pictures one after the other, planar, of values 0 to 255.</summary>
    public static float[] Pictures(VisionTransformerOptions options, int count, int seed = 0)
    {
        var random = new Random(seed);
        var pixels = new float[count * options.Channels * options.ImageHeight * options.ImageWidth];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = random.Next(256);
        return pixels;
    }

    public static long[] Shape(VisionTransformerOptions options, int count)
        => [count, options.Channels, options.ImageHeight, options.ImageWidth];
}
