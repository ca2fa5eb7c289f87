using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>
/// x + f(x) + g(x + f(x)) from TorchSharp's own layers, as its users write a pre-norm block. Mixed precision: products and what is between
/// them in bf16, sums in float32.
/// </summary>
internal sealed class PlainBlock : nn.Module<Tensor, Tensor>
{
    private readonly TorchSharp.Modules.LayerNorm norm1;
    private readonly Linear qkv;
    private readonly Linear proj;
    private readonly TorchSharp.Modules.LayerNorm norm2;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly int heads;
    private readonly ScalarType type;

    public PlainBlock(TransformerBlockOptions options) : base(nameof(PlainBlock))
    {
        norm1 = nn.LayerNorm(options.Width);
        qkv = nn.Linear(options.Width, 3 * options.Width);
        proj = nn.Linear(options.Width, options.Width);
        norm2 = nn.LayerNorm(options.Width);
        fc1 = nn.Linear(options.Width, options.FeedForwardWidth);
        fc2 = nn.Linear(options.FeedForwardWidth, options.Width);
        heads = options.Heads;
        type = options.Precision == ComputePrecision.BFloat16 ? bfloat16 : float32;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x + Attention(norm1.forward(x));
        x = x + Product(fc2, nn.functional.gelu(Product(fc1, norm2.forward(x)))).to(float32);
        return x.MoveToOuterDisposeScope();
    }

    private Tensor Attention(Tensor x)
    {
        var (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var parts = Product(qkv, x).view(batch, tokens, 3, heads, width / heads).permute(2, 0, 3, 1, 4).unbind(0); // (B, H, N, Dh) each
        var gathered = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2]);
        return Product(proj, gathered.transpose(1, 2).reshape(batch, tokens, width)).to(float32);
    }

    private Tensor Product(Linear layer, Tensor x) => type == float32
        ? layer.forward(x)
        : nn.functional.linear(x.to(type), layer.weight!.to(type), layer.bias!.to(type));
}
