using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Bdia.Benchmarks.Training;

/// <summary>The vision transformer around any stack of blocks: what <see cref="VisionTransformer"/> does before and after its own.</summary>
internal sealed class PictureNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Parameter cls_token; // (1, 1, D)
    private readonly Parameter pos_embed; // (1, N, D)
    private readonly PatchEmbedding patch_embed;
    private readonly nn.Module<Tensor, Tensor> blocks;
    private readonly LayerNorm norm;
    private readonly Dense head;

    public PictureNetwork(VisionTransformerOptions options, Func<Generator, nn.Module<Tensor, Tensor>> createBlocks) : base(nameof(PictureNetwork))
    {
        using var generator = new Generator(1);
        var tokens = options.ImageHeight / options.PatchSize * (options.ImageWidth / options.PatchSize) + 1;
        cls_token = Initial.TruncatedNormal(generator, Dense.InitialStandardDeviation, 1, 1, options.Width);
        pos_embed = Initial.TruncatedNormal(generator, Dense.InitialStandardDeviation, 1, tokens, options.Width);
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

/// <summary>x + h(x), block after block, in segments: null stores all activations, n keeps the input of every n blocks and runs them again.</summary>
internal sealed class PlainStack : nn.Module<Tensor, Tensor>
{
    private static readonly ResidualContext NoContext = new(null, []);
    private readonly TransformerBlock[] _blocks;
    private readonly int? _segment;

    public PlainStack(IEnumerable<TransformerBlock> blocks, int? segment) : base(nameof(PlainStack))
    {
        _blocks = [.. blocks];
        _segment = segment;
        for (var k = 0; k < _blocks.Length; k++) register_module($"{k}", _blocks[k]);
    }

    public override Tensor forward(Tensor x)
    {
        if (_segment is not { } length) return Run(x, 0, _blocks.Length);
        using var scope = NewDisposeScope();
        for (var first = 0; first < _blocks.Length; first += length)
        {
            var (from, to) = (first, Math.Min(first + length, _blocks.Length));
            x = Recomputation.Apply(input => Run(input, from, to), x);
        }

        return x.MoveToOuterDisposeScope();
    }

    private Tensor Run(Tensor x, int from, int to)
    {
        using var scope = NewDisposeScope();
        for (var k = from; k < to; k++) x = x.Plus(_blocks[k].forward(x, NoContext));
        return x.MoveToOuterDisposeScope();
    }
}
