using Bdia.Core.Models;

namespace Bdia.Core.Pretrained;

/// <summary>Names and shapes of the tensors of a vision transformer, without making it.</summary>
internal static class NetworkShapes
{
    public const string Positions = "pos_embed", HeadWeight = "head.weight", HeadBias = "head.bias";

    /// <summary>Of a network.</summary>
    /// <param name="o">Its options.</param>
    /// <param name="hasHead">Whether the head is among them.</param>
    public static IEnumerable<(string Name, long[] Shape)> Of(VisionTransformerOptions o, bool hasHead)
    {
        long width = o.Width;
        if (o.Pooling == VisionTransformerPooling.ClassToken) yield return ("cls_token", [1, 1, width]);
        if (o.RegisterTokens > 0) yield return ("reg_token", [1, o.RegisterTokens, width]);
        yield return (Positions, [1, o.Positions, width]);
        yield return ("patch_embed.proj.weight", [width, o.Channels, o.PatchSize, o.PatchSize]);
        if (!o.PreNorm) yield return ("patch_embed.proj.bias", [width]);
        if (o.PreNorm)
            foreach (var item in Norm("norm_pre", width)) yield return item;
        for (var k = 0; k < o.Depth; k++)
            foreach (var (name, shape) in Block(o)) yield return ($"blocks.{k}.{name}", shape);
        foreach (var item in Norm(o.Pooling == VisionTransformerPooling.ClassToken ? "norm" : "fc_norm", width)) yield return item;
        if (!hasHead) yield break;
        yield return (HeadWeight, [o.Classes, width]);
        yield return (HeadBias, [o.Classes]);
    }

    private static IEnumerable<(string Name, long[] Shape)> Block(VisionTransformerOptions o)
    {
        long width = o.Width, hidden = o.FeedForwardWidth, head = o.Width / o.Heads;
        foreach (var item in Norm("norm1", width)) yield return item;
        yield return ("attn.qkv.weight", [3 * width, width]);
        if (!o.OmitQueryKeyValueBias) yield return ("attn.qkv.bias", [3 * width]);
        if (o.QueryKeyNorm)
            foreach (var item in Norm("attn.q_norm", head).Concat(Norm("attn.k_norm", head))) yield return item;
        yield return ("attn.proj.weight", [width, width]);
        yield return ("attn.proj.bias", [width]);
        if (o.LayerScale) yield return ("ls1.gamma", [width]);
        foreach (var item in Norm("norm2", width)) yield return item;
        yield return ("mlp.fc1.weight", [hidden, width]);
        yield return ("mlp.fc1.bias", [hidden]);
        yield return ("mlp.fc2.weight", [width, hidden]);
        yield return ("mlp.fc2.bias", [width]);
        if (o.LayerScale) yield return ("ls2.gamma", [width]);
    }

    private static IEnumerable<(string Name, long[] Shape)> Norm(string name, long width)
        => [($"{name}.weight", [width]), ($"{name}.bias", [width])];
}
