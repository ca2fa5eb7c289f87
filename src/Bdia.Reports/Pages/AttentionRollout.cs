using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Reports.Pages;

/// <summary>
/// Which patches a vision transformer looks at, by attention rollout (Abnar and Zuidema, 2020): the mean attention of the heads of every
/// block, half of it the residual path, multiplied over the blocks, from the class token to the patches.
/// </summary>
/// <remarks>
/// The network is computed here in the open, from its weights and their names, since the library's kernels keep no attention. Without
/// the grid of states its probabilities differ from the model's by about a hundredth.
/// </remarks>
internal static class AttentionRollout
{
    private const double Epsilon = 1e-6;

    /// <summary>Whether a network is of the form that is computed here: that of every network that the tool trains.</summary>
    public static bool Knows(VisionTransformerOptions options) => options is
    {
        Pooling: VisionTransformerPooling.ClassToken, RegisterTokens: 0, PositionsOfPatches: false, PreNorm: false, QueryKeyNorm: false,
        LayerScale: false, OmitQueryKeyValueBias: false,
    };

    /// <summary>The rollout of one picture.</summary>
    /// <param name="classifier">The model, of a form that is known.</param>
    /// <param name="pixels">The picture as the model takes it: planar (C, H, W), 0 to 255.</param>
    /// <returns>Weights of the patches, row by row, which sum to 1 with that of the class token; and the probabilities.</returns>
    public static (float[] Patches, float[] Probabilities) Of(ImageClassifier classifier, float[] pixels)
    {
        var (options, weights) = (classifier.Model.Options, classifier.Model.state_dict());
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var x = Embedded(classifier, pixels, weights);
        var tokens = x.shape[0];
        var rollout = eye(tokens, dtype: ScalarType.Float32, device: CPU);
        for (var block = 0; block < options.Depth; block++)
        {
            var name = $"blocks.{block}.";
            x = x.Plus(Attended(Normalised(x, name + "norm1"), weights, name + "attn.", options.Heads, out var attention));
            var hidden = nn.functional.gelu(Product(Normalised(x, name + "norm2"), name + "mlp.fc1"));
            x = x.Plus(Product(hidden, name + "mlp.fc2"));
            rollout = attention.Plus(eye(tokens, dtype: ScalarType.Float32, device: CPU)).Times(0.5).matmul(rollout);
        }

        var logits = Product(Normalised(x, "norm")[0], "head");
        return (rollout[0].narrow(0, 1, tokens - 1).contiguous().data<float>().ToArray(),
            logits.softmax(0).contiguous().data<float>().ToArray());

        Tensor Normalised(Tensor input, string layer) => nn.functional.layer_norm(input, [input.shape[^1]], weights[layer + ".weight"],
            weights[layer + ".bias"], options.NormEpsilon ?? Epsilon);

        Tensor Product(Tensor input, string layer)
            => nn.functional.linear(input, weights[layer + ".weight"], weights[layer + ".bias"]);
    }

    private static Tensor Embedded(ImageClassifier classifier, float[] pixels, Dictionary<string, Tensor> weights)
    {
        var options = classifier.Model.Options;
        var shape = new long[] { options.Channels, 1, 1 };
        var (mean, deviation) = (Channels(classifier.Normalization.Mean), Channels(classifier.Normalization.StandardDeviation));
        var image = (tensor(pixels, [options.Channels, options.ImageHeight, options.ImageWidth], ScalarType.Float32,
            CPU) - mean) / deviation;
        var patches = nn.functional.conv2d(image.unsqueeze(0), weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"],
            strides: [options.PatchSize, options.PatchSize]);
        return cat([weights["cls_token"], patches.flatten(2).transpose(1, 2)], 1).squeeze(0).Plus(weights["pos_embed"].squeeze(0));

        Tensor Channels(IReadOnlyList<double> values)
            => tensor(values.Select(value => (float)value).ToArray(), ScalarType.Float32, CPU).reshape(shape);
    }

    private static Tensor Attended(Tensor x, Dictionary<string, Tensor> weights, string name, int heads, out Tensor attention)
    {
        var (tokens, width) = (x.shape[0], x.shape[1]);
        var parts = nn.functional.linear(x, weights[name + "qkv.weight"], weights[name + "qkv.bias"])
            .reshape(tokens, 3, heads, width / heads).permute(1, 2, 0, 3); // (3, heads, N, width of a head)
        var each = parts[0].matmul(parts[1].transpose(-2, -1)).Times(Math.Sqrt((double)heads / width)).softmax(-1);
        attention = each.mean([0L]);
        return nn.functional.linear(each.matmul(parts[2]).transpose(0, 1).reshape(tokens, width), weights[name + "proj.weight"],
            weights[name + "proj.bias"]);
    }
}
