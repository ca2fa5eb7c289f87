using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Bdia.Benchmarks.Training;

/// <summary>
/// The vision transformer around any stack of blocks: what <see cref="VisionTransformer"/> does before and after its own.
/// </summary>
internal sealed class PictureNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Parameter cls_token; // (1, 1, D)
    private readonly Parameter pos_embed; // (1, N, D)
    private readonly PatchEmbedding patch_embed;
    private readonly nn.Module<Tensor, Tensor> blocks;
    private readonly LayerNorm norm;
    private readonly Dense head;

    public PictureNetwork(VisionTransformerOptions options, Func<Generator, nn.Module<Tensor, Tensor>> createBlocks, ulong seed = 1)
        : base(nameof(PictureNetwork))
    {
        using var generator = new Generator(seed);
        cls_token = VisionTransformer.FirstClassToken(options, generator);
        pos_embed = VisionTransformer.FirstPositions(options, generator);
        patch_embed = new PatchEmbedding(options.Channels, options.PatchSize, options.Width, generator, options.Precision);
        blocks = createBlocks(generator);
        norm = new LayerNorm(options.Width);
        head = new Dense(options.Width, options.Classes, generator);
        RegisterComponents();
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var patches = patch_embed.forward(images);
        var x = cat([cls_token.expand(images.shape[0], 1, cls_token.shape[2]), patches], 1).Plus(pos_embed);
        x = blocks.forward(x);
        return head.forward(norm.forward(x.select(1, 0))).MoveToOuterDisposeScope();
    }
}
